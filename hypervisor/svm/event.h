// SPDX-License-Identifier: MIT
#pragma once

#include "base/register.h"
#include "base/types.h"

namespace hypervisor {

using base::u32;
using base::u64;
using base::u8;

enum class EventType : u8 { ExternalInterrupt = 0, Nmi = 2, Exception = 3, SoftwareInterrupt = 4 };

// Exception vectors. @source AMD APM vol. 2, table 8-1
inline constexpr u8 vector_debug = 1;
inline constexpr u8 vector_nmi = 2;
inline constexpr u8 vector_breakpoint = 3;
inline constexpr u8 vector_overflow = 4;
inline constexpr u8 vector_invalid_opcode = 6;
inline constexpr u8 vector_double_fault = 8;
inline constexpr u8 vector_general_protection = 13;
inline constexpr u8 vector_page_fault = 14;
inline constexpr u8 last_exception_vector = 21;  // #CP; those up to 31 are reserved or SVM's own

/// EVENTINJ and EXITINTINFO. @source AMD APM vol. 2, 15.20, figure 15-4
struct Event : base::Register<Event> {
    static constexpr Field<u8, 7, 0> vector{};
    static constexpr Field<EventType, 10, 8> type{};
    static constexpr Field<bool, 11> has_error_code{};
    static constexpr Field<bool, 31> valid{};
    static constexpr Field<u32, 63, 32> error_code{};
};

constexpr Event make_exception(u8 vector) {
    return Event{}
        .with(Event::vector, vector)
        .with(Event::type, EventType::Exception)
        .with(Event::valid, true);
}

constexpr Event make_exception(u8 vector, u32 error_code) {
    return make_exception(vector)
        .with(Event::has_error_code, true)
        .with(Event::error_code, error_code);
}

constexpr Event make_nmi() {
    return Event{}
        .with(Event::vector, vector_nmi)
        .with(Event::type, EventType::Nmi)
        .with(Event::valid, true);
}

constexpr Event make_interrupt(u8 vector) {
    return Event{}.with(Event::vector, vector).with(Event::valid, true);
}

/// What must be injected again after an exit that hit while `interrupted` was being delivered.
/// An invalid Event: nothing. Software interrupts, INT3 and INTO leave RIP at the instruction,
/// which runs again, unless it was `injected`, with RIP behind the instruction. QEMU labels
/// external interrupts as exceptions and refuses them so in EVENTINJ.
/// @source AMD APM vol. 2, 15.7.2
constexpr Event redelivery(Event interrupted, Event injected) {
    if (!interrupted.get(Event::valid)) {
        return Event{};
    }
    const u8 vector = interrupted.get(Event::vector);
    switch (interrupted.get(Event::type)) {
        case EventType::SoftwareInterrupt:
            return injected.get(Event::valid) &&
                           injected.get(Event::type) == EventType::SoftwareInterrupt
                       ? injected
                       : Event{};
        case EventType::Nmi:
            return make_nmi();
        case EventType::Exception:
            if (vector == vector_breakpoint || vector == vector_overflow) {
                return Event{};
            }
            if (vector <= last_exception_vector) {
                return interrupted;
            }
            break;
        case EventType::ExternalInterrupt:
            break;
    }
    return make_interrupt(vector);
}

/// The outcome of raising an exception while `pending` has not been delivered yet.
struct Combined {
    Event event;
    bool is_triple_fault;
};

constexpr bool is_contributory(u8 vector) {
    return vector == 0 || (vector >= 10 && vector <= 13);
}

/// An interrupt that was being delivered is lost, as on a CPU whose delivery of it faults.
/// @source AMD APM vol. 2, 8.2.9, table 8-2 (conditions for a double fault)
constexpr Combined combine(Event pending, Event raised) {
    const bool was_exception =
        pending.get(Event::valid) && pending.get(Event::type) == EventType::Exception;
    if (!was_exception) {
        return {raised, false};
    }
    const u8 first = pending.get(Event::vector);
    const u8 second = raised.get(Event::vector);
    if (first == vector_double_fault) {
        return {Event{}, true};
    }
    const bool second_is_page_fault = second == vector_page_fault;
    const bool is_double =
        (is_contributory(first) && is_contributory(second)) ||
        (first == vector_page_fault && (is_contributory(second) || second_is_page_fault));
    return {is_double ? make_exception(vector_double_fault, 0) : raised, false};
}

static_assert(make_exception(13, 0).raw() == 0x8000'0b0d);
static_assert(redelivery(Event::from_raw(0x8000'03ec), Event{}).raw() == 0x8000'00ec);
static_assert(!redelivery(Event::from_raw(0x8000'0480), Event{}).get(Event::valid));
static_assert(redelivery(Event::from_raw(0x8000'0480), Event::from_raw(0x8000'0480)).raw() ==
              0x8000'0480);
static_assert(combine(make_exception(14, 0), make_exception(13, 0)).event.get(Event::vector) == 8);
static_assert(combine(make_exception(8, 0), make_exception(13, 0)).is_triple_fault);
static_assert(combine(make_nmi(), make_exception(13, 0)).event.get(Event::vector) == 13);

}  // namespace hypervisor
