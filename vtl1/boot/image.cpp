// SPDX-License-Identifier: MIT
#include "vtl1/boot/image.h"

#include "vtl1/mm/pointer.h"
#include "vtl1/sections.h"

// From layout.ld and entry.S: addresses only.
extern "C" {
extern const char image_text_start[];
extern const char image_text_end[];
extern const char image_rodata_start[];
extern const char image_rodata_end[];
extern const char image_data_start[];
extern const char image_data_end[];
extern const char image_ro_after_boot_start[];
extern const char image_ro_after_boot_end[];
extern const char vtl1_hypercall_page[];
extern const char vtl1_boot_stack[];
extern const char vtl1_boot_stack_top[];
extern const char vtl1_vp_entry[];
extern const char vtl1_raw_return_amd[];
extern const char vtl1_raw_return_intel[];

extern const char* vtl1_return_address;
extern const char* vtl1_raw_return_address;
}

// Read by entry.S.
RO_AFTER_BOOT constinit const char* vtl1_return_address = vtl1_raw_return_amd;
RO_AFTER_BOOT constinit const char* vtl1_raw_return_address = vtl1_raw_return_amd;

namespace vtl1 {

namespace {

Segment segment(const char* start, const char* end, PageRights rights) {
    const u64 bytes = address_of(end).raw() - address_of(start).raw();
    return {.first = address_of(start), .page_count = bytes / page_size, .rights = rights};
}

}  // namespace

std::array<Segment, 3> image_segments() {
    return {segment(image_text_start, image_text_end, PageRights::ReadExecute),
            segment(image_rodata_start, image_rodata_end, PageRights::ReadOnly),
            segment(image_data_start, image_data_end, PageRights::ReadWrite)};
}

Segment read_only_after_boot() {
    return segment(image_ro_after_boot_start, image_ro_after_boot_end, PageRights::ReadOnly);
}

void set_return_address(Hva address) {
    vtl1_return_address = pointer_to<const char>(address);
}

void set_raw_return(bool is_intel) {
    vtl1_raw_return_address = is_intel ? vtl1_raw_return_intel : vtl1_raw_return_amd;
    vtl1_return_address = vtl1_raw_return_address;
}

Hva hypercall_page() {
    return address_of(vtl1_hypercall_page);
}

Hva boot_stack_bottom() {
    return address_of(vtl1_boot_stack);
}

Hva boot_stack_top() {
    return address_of(vtl1_boot_stack_top);
}

Hva vp_entry() {
    return address_of(vtl1_vp_entry);
}

}  // namespace vtl1
