# SPDX-License-Identifier: MIT
"""Sphinx configuration: `make docs`. No extensions, no theme that Sphinx does not bring."""

project = "Redoubt"
author = "the Redoubt authors"
copyright = f"{author}; MIT licence"

root_doc = "index"
extensions: list[str] = []
html_theme = "nature"
html_copy_source = False
html_show_sourcelink = False

# Literal blocks are diagrams, output and commands, none of which is Python.
highlight_language = "none"
# `--option` stays two hyphens.
smartquotes = False
nitpicky = True
