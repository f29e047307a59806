#pragma once
#include <cmark-gfm.h>
#include <cmark-gfm-core-extensions.h>
// The node's layout, for reading text in place: the accessors would copy each piece to terminate it with a NUL. The
// parser's and the references', for their sizes before each use is a copy. The library's soname contains its full version,
// so header and library always match.
#include <cmark-gfm/node.h>
#include <cmark-gfm/parser.h>
#include <cmark-gfm/references.h>
#include <cmark-gfm/utf8.h>

// The extensions' node kinds: assigned at registration, exported, but not declared in any installed header.
extern cmark_node_type CMARK_NODE_TABLE, CMARK_NODE_TABLE_ROW, CMARK_NODE_TABLE_CELL, CMARK_NODE_STRIKETHROUGH;

static inline uint16_t cmarkgfm_table_kind(void) { return (uint16_t)CMARK_NODE_TABLE; }
static inline uint16_t cmarkgfm_row_kind(void) { return (uint16_t)CMARK_NODE_TABLE_ROW; }
static inline uint16_t cmarkgfm_cell_kind(void) { return (uint16_t)CMARK_NODE_TABLE_CELL; }
static inline uint16_t cmarkgfm_strikethrough_kind(void) { return (uint16_t)CMARK_NODE_STRIKETHROUGH; }
