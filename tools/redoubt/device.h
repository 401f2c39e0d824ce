/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_DEVICE_H
#define REDOUBT_CLI_DEVICE_H

#include "hvcall/abi/device.h"

/* Each prints why to stderr and returns -1 if it fails. */
int device_open(void);
int device_status(int device, struct redoubt_status *status);
int device_log(int device, struct redoubt_log *log);
int device_statement(int device, struct vtl_statement *statement);
int device_witness(int device, struct redoubt_witness *witness);

/* Prints nothing. Returns 0 or an errno, see seal_kernel() of the driver. */
int device_seal(int device);

#endif
