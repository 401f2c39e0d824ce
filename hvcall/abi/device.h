/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_DEVICE_H
#define REDOUBT_ABI_DEVICE_H

#include "statement.h"
#include "vtl_call.h"
#include "witness.h"
#include <linux/ioctl.h>

/* ioctls of /dev/redoubt; root only */
#define REDOUBT_DEVICE_ABI_VERSION 1u

#define REDOUBT_DRIVER_LATE (1u << 0) /* loaded after the initramfs: VTL0 was trusted for longer */

struct redoubt_status {
	__u32 device_abi_version; /* 0: REDOUBT_DEVICE_ABI_VERSION */
	__u32 driver_version;     /* 4: VTL1_VERSION() of the driver */
	struct vtl_status vtl1;   /* 8: as VTL1 said; after a failure only phase, versions, VPs and
				   * memory are known, the rest is 0 */
	char hypervisor_name[16]; /* 488: CPUID vendor string, NUL-terminated */
	__u32 hypervisor_version[4]; /* 504: CPUID 0x40000002 */
	__u32 driver_facts;       /* 520: REDOUBT_DRIVER_* */
	__u32 reserved;           /* 524: 0 */
};
ABI_ASSERT(sizeof(struct redoubt_status) == 528);
ABI_OFFSET(redoubt_status, hypervisor_name, 488);

struct redoubt_log {
	__u64 sequence;           /* 0: in */
	struct vtl_log_page page; /* 8: out */
};
ABI_ASSERT(sizeof(struct redoubt_log) == 4104);

/* One page of the witness log, as it is; and where VTL1 says that it lies */
struct redoubt_witness {
	__u32 number;               /* 0: in: of the page, less than WITNESS_PAGE_COUNT */
	__u32 reserved;             /* 4: 0 */
	struct vtl_witness witness; /* 8: out */
	struct witness_record records[WITNESS_RECORDS_PER_PAGE]; /* 216: out */
};
ABI_ASSERT(sizeof(struct redoubt_witness) == 4312);

#define REDOUBT_IOC_STATUS _IOR('R', 1, struct redoubt_status)
#define REDOUBT_IOC_LOG _IOWR('R', 2, struct redoubt_log)
#define REDOUBT_IOC_STATEMENT _IOWR('R', 3, struct vtl_statement) /* in: nonce, else 0 */
#define REDOUBT_IOC_WITNESS _IOWR('R', 4, struct redoubt_witness)
#define REDOUBT_IOC_SEAL _IO('R', 5) /* takes the manifest from the firmware folder */

#endif
