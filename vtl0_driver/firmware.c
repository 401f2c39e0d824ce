// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <crypto/sha2.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "firmware.h"

#define VTL1_FIRMWARE "redoubt/vtl1.elf"

MODULE_FIRMWARE(VTL1_FIRMWARE);

static const u8 image_digest[SHA256_DIGEST_SIZE] = {
#include "image_digest.h"
};

static int check(const struct firmware *firmware, struct vtl1_image *image)
{
	u8 digest[SHA256_DIGEST_SIZE];
	const char *problem;

	problem = vtl1_image_parse(firmware->data, firmware->size, image);
	if (problem) {
		pr_err("VTL1 image %s refused: %s\n", VTL1_FIRMWARE, problem);
		return -EBADMSG;
	}

	/*
	 * The digest alone would do; it comes last so that each of the checks
	 * above can be seen to work.
	 */
	sha256(firmware->data, firmware->size, digest);
	if (memcmp(digest, image_digest, sizeof(digest)) != 0) {
		pr_err("VTL1 image %s refused: not the image this driver was built with\n",
		       VTL1_FIRMWARE);
		return -EKEYREJECTED;
	}

	return 0;
}

/**
 * vtl1_firmware_get() - load the VTL1 image and check it
 * @firmware: the file, to be given back by release_firmware(); NULL on error
 * @image: what is in it
 *
 * Return: 0; -ENODATA where it cannot be read, -EBADMSG if it is malformed,
 * -EKEYREJECTED if it is another one, and one line has been printed. (insmod has
 * words of its own, on modules, for -ENOENT and -ENOEXEC.)
 */
int vtl1_firmware_get(const struct firmware **firmware,
		      struct vtl1_image *image)
{
	int error;

	*firmware = NULL;
	error = firmware_request_nowarn(firmware, VTL1_FIRMWARE,
					NULL);
	if (error) {
		pr_err("VTL1 image %s refused: cannot be loaded (error %d)\n",
		       VTL1_FIRMWARE, error);
		*firmware = NULL;
		return -ENODATA;
	}

	error = check(*firmware, image);
	if (error) {
		release_firmware(*firmware);
		*firmware = NULL;
	}

	return error;
}
