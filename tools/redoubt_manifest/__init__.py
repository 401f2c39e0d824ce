# SPDX-License-Identifier: MIT
"""Makes, reads and checks kernel manifests. Entry point: tools/manifest."""
