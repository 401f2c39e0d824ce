// SPDX-License-Identifier: MIT
#include "hypervisor/npt/page_table.h"

namespace hypervisor {

namespace {

// Entry bits. @source AMD APM vol. 2, 5.4.1
constexpr u64 present = u64{1} << 0;
constexpr u64 writable = u64{1} << 1;
constexpr u64 user = u64{1} << 2;
constexpr u64 accessed = u64{1} << 5;
constexpr u64 dirty = u64{1} << 6;
constexpr u64 large = u64{1} << 7;
constexpr u64 no_execute = u64{1} << 63;
constexpr u64 address_mask = 0x000f'ffff'ffff'f000;
constexpr u64 table_bits = present | writable | user;
constexpr u64 entries_per_table = 512;
constexpr unsigned top_level = 3;  // 3: PML4, 2: PDPT, 1: PD, 0: PT

u64* table_at(u64 frame) {
    // SAFETY: frames of tables come from the pool, which is identity-mapped and ours.
    return reinterpret_cast<u64*>(frame & address_mask);
}

u64 index_of(u64 address, unsigned level) {
    return address >> (base::page_shift + u64{9} * level) & (entries_per_table - 1);
}

u64 leaf_bits(LeafRights rights) {
    return present | user | accessed | dirty | (rights.writable ? writable : 0) |
           (rights.executable ? 0 : no_execute);
}

/// One store, so that a walk by another CPU sees the old or the new entry and nothing between.
void store(u64* entry, u64 value) {
    std::atomic_ref<u64>{*entry}.store(value, std::memory_order_release);
}

u64 load(u64* entry) {
    // Pairs with the release in store(): a table is filled before it is seen.
    return std::atomic_ref<u64>{*entry}.load(std::memory_order_acquire);
}

}  // namespace

// SAFETY: every index is masked to 0..511 and every table is one whole frame.
#pragma clang unsafe_buffer_usage begin

base::Result<PageTable> PageTable::create(FramePool& pool) {
    PageTable table;
    table.root_ = pool.allocate();
    if (table.root_ == 0) {
        return base::fail(base::Error::NoMemory);
    }
    return table;
}

/// The entry of `address` at `level`; makes the tables above it, and splits a 2 MiB leaf on the
/// way.
base::Result<u64*> PageTable::entry(FramePool& pool, u64 address, unsigned level) {
    u64* table = table_at(root_);
    for (unsigned at = top_level; at > level; --at) {
        u64* const entry = &table[index_of(address, at)];
        const u64 old = load(entry);
        if ((old & present) == 0 || (old & large) != 0) {
            const u64 frame = pool.allocate();
            if (frame == 0) {
                return base::fail(base::Error::NoMemory);
            }
            if ((old & large) != 0) {  // only at level 1
                u64* const pages = table_at(frame);
                for (u64 i = 0; i < entries_per_table; ++i) {
                    pages[i] = (old & ~large) + i * base::page_size;
                }
            }
            store(entry, frame | table_bits);
        }
        table = table_at(load(entry));
    }
    return &table[index_of(address, level)];
}

base::Result<void> PageTable::map_large(FramePool& pool, u64 address, LeafRights rights) {
    u64* const at = TRY(entry(pool, address, 1));
    store(at, (address & ~(large_page_size - 1)) | leaf_bits(rights) | large);
    return {};
}

base::Result<void> PageTable::set_page(FramePool& pool, u64 address, std::optional<Leaf> leaf) {
    u64* const at = TRY(entry(pool, address, 0));
    store(at, leaf ? leaf->target | leaf_bits(leaf->rights) : 0);
    return {};
}

base::Result<void> PageTable::reserve_page(FramePool& pool, u64 address) {
    TRY(entry(pool, address, 0));
    return {};
}

/// The entry at level 1 that covers `address`; null if nothing is mapped around it.
u64* PageTable::directory_entry(u64 address) const {
    u64* table = table_at(root_);
    for (unsigned at = top_level; at > 1; --at) {
        const u64 entry = load(&table[index_of(address, at)]);
        if ((entry & present) == 0) {
            return nullptr;
        }
        table = table_at(entry);
    }
    return &table[index_of(address, 1)];
}

bool PageTable::is_large(u64 address) const {
    u64* const at = directory_entry(address);
    return at != nullptr && (load(at) & (present | large)) == (present | large);
}

void PageTable::join(FramePool& pool, u64 address) {
    u64* const at = directory_entry(address);
    if (at == nullptr || (load(at) & (present | large)) != present || !pool.can_retire()) {
        return;
    }
    const u64 frame = load(at) & address_mask;
    u64* const pages = table_at(frame);
    const u64 first = load(&pages[0]);
    const bool is_aligned = (first & address_mask & (large_page_size - 1)) == 0;
    if ((first & present) == 0 || !is_aligned) {
        return;
    }
    // From the page that has just changed on: when pages change in a row, its successor differs.
    const u64 start = index_of(address, 0);
    for (u64 n = 1; n <= entries_per_table; ++n) {
        const u64 i = (start + n) % entries_per_table;
        if (load(&pages[i]) != first + i * base::page_size) {
            return;
        }
    }
    store(at, first | large);
    pool.retire(frame);
}

std::optional<Leaf> PageTable::find(u64 address) const {
    if (address >> (base::page_shift + u64{9} * (top_level + 1)) != 0) {
        return std::nullopt;
    }
    u64* table = table_at(root_);
    for (unsigned level = top_level;; --level) {
        const u64 entry = load(&table[index_of(address, level)]);
        if ((entry & present) == 0) {
            return std::nullopt;
        }
        if (level == 0 || (entry & large) != 0) {
            const u64 within = (u64{1} << (base::page_shift + u64{9} * level)) - 1;
            const u64 target = (entry & address_mask & ~within) | (address & within);
            return Leaf{target & ~(base::page_size - 1),
                        {(entry & writable) != 0, (entry & no_execute) == 0}};
        }
        table = table_at(entry);
    }
}

#pragma clang unsafe_buffer_usage end

}  // namespace hypervisor
