// SPDX-License-Identifier: MIT
#include "hypervisor/apic/remote_call.h"

#include "base/lock.h"
#include "hypervisor/apic/kick.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

void call_on(Vp& caller, Vp& target, RemoteCall& call) {
    const Deadline deadline;
    for (RemoteCall* free = nullptr; !target.remote_call.compare_exchange_weak(free, &call);
         free = nullptr) {
        answer_remote_call(caller);
        deadline.check();
        base::cpu_relax();
    }
    // Whether it runs, waits or is about to enter its guest: the NMI takes it to where it looks.
    kick(target);
    while (target.remote_call.load() == &call) {
        answer_remote_call(caller);
        deadline.check();
        base::cpu_relax();
    }
}

void answer_remote_call(Vp& vp) {
    RemoteCall* const call = vp.remote_call.load();
    if (call == nullptr) {
        return;
    }
    save_live_state(vp.context());
    call->run(*call, vp);
    load_live_state(vp.context());
    vp.remote_call.store(nullptr);  // the caller, on whose stack it is, goes on
}

}  // namespace hypervisor
