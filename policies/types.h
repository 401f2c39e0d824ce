// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/result.h"
#include "base/types.h"

// The words that all of policies/ uses without a prefix.
namespace policies {

using base::Error;
using base::fail;
using base::Gva;
using base::i64;
using base::page_size;
using base::Result;
using base::u16;
using base::u32;
using base::u64;
using base::u8;
using base::usize;

}  // namespace policies
