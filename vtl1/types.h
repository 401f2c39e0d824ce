// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"

// The words that all of VTL1 uses without a prefix.
namespace vtl1 {

using base::Error;
using base::fail;
using base::Gpa;
using base::Gva;
using base::Hva;
using base::page_size;
using base::PageBytes;
using base::Result;
using base::u16;
using base::u32;
using base::u64;
using base::u8;
using base::usize;

}  // namespace vtl1
