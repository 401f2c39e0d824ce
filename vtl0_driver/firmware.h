/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_FIRMWARE_H
#define REDOUBT_FIRMWARE_H

#include <linux/firmware.h>

#include "image.h"

int vtl1_firmware_get(const struct firmware **firmware,
		      struct vtl1_image *image);

#endif
