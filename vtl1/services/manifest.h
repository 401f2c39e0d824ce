// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/manifest.h"
#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_MANIFEST_HEADER: the manifest's header, which must be the operator's. Its value is
/// which page is wanted next.
/// @return the errors of take_manifest_header; Error::BadAddress
CallResult manifest_header(Vtl0In<::manifest_header> page);

/// VTL_CALL_MANIFEST_PAGE: the page that is wanted. Its value is which one is wanted next.
/// @return the errors of take_manifest_page
CallResult manifest_page(base::Untrusted<u64> page, base::Untrusted<u64> place);

}  // namespace vtl1::services
