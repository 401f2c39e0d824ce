// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Something to be done on the CPU of another VP, in whose registers part of that VP's state is.
struct RemoteCall {
    void (*run)(RemoteCall& self, Vp& target);
};

/// Has the target carry out the call between two of its exits, and waits until it is done. Until
/// then the caller answers calls that others make to it, so that nobody waits in a circle.
/// @locks none may be held: the target may be waiting for it
/// @context the caller is in VTL1: the VTL0 of both VPs is stopped at an instruction
void call_on(Vp& caller, Vp& target, RemoteCall& call);

/// Carries out a call that was made to this VP, if there is one. The VP's state is in its VMCBs
/// then, all of it that VMCBs hold.
void answer_remote_call(Vp& vp);

/// The same with a function of the target: `work(Vp& target)`.
template <class Work>
void run_on(Vp& caller, Vp& target, Work work) {
    struct Call : RemoteCall {
        Work* work;
    };

    Call call{{[](RemoteCall& self, Vp& vp) { (*static_cast<Call&>(self).work)(vp); }}, &work};
    call_on(caller, target, call);
}

}  // namespace hypervisor
