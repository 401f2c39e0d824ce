// SPDX-License-Identifier: MIT
#include "hypervisor/svm/guest_access.h"

#include "hypervisor/svm/code_size.h"
#include "hypervisor/svm/guest_instruction.h"
#include "hypervisor/tlfs/guest_memory.h"

namespace hypervisor {

base::Result<MemoryAccess> decode_guest_access(const Vp& vp) {
    const Vmcb& vmcb = vp.vtl[static_cast<usize>(Vtl::Vtl0)].vmcb;
    std::array<u8, max_instruction_bytes> bytes{};
    auto locked = partition.lock();
    const usize count = fetch_instruction(locked, vmcb, bytes);
    return decode_memory_access(std::span{bytes}.first(count), code_size(vmcb));
}

std::optional<GuestStore> decode_guest_store(Vp& vp) {
    const base::Result<MemoryAccess> access = decode_guest_access(vp);
    if (!access || access->kind != MemoryAccess::Kind::Store) {
        return std::nullopt;
    }
    const u64 value =
        access->has_immediate ? access->immediate : general_register(vp, access->register_number);
    const u64 mask =
        access->operand_bytes == 8 ? ~u64{0} : (u64{1} << 8 * access->operand_bytes) - 1;
    return GuestStore{value & mask, access->operand_bytes, access->length};
}

}  // namespace hypervisor
