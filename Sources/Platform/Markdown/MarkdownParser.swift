internal import CMarkGFM
internal import Primitives

/// The one place that calls cmark-gfm's parser.
enum MarkdownParser {
    /// The node types that the extensions were assigned.
    struct ExtensionKinds: Sendable {
        let table: UInt16
        let row: UInt16
        let cell: UInt16
        let strikethrough: UInt16
    }

    /// Registers the extensions on first use, once for the process.
    static let kinds: ExtensionKinds = {
        cmark_gfm_core_extensions_ensure_registered()
        return ExtensionKinds(
            table: cmarkgfm_table_kind(), row: cmarkgfm_row_kind(), cell: cmarkgfm_cell_kind(),
            strikethrough: cmarkgfm_strikethrough_kind())
    }()

    /// Held during a document's inline phase, because the library then keeps the extensions' special characters in a
    /// global table. (The value is not `Void`, which would share the lock's address and make ThreadSanitizer report a
    /// race.)
    private static let inlinePhase = Protected(true)

    /// Returns the tree's root, to be freed by `cmark_node_free`.
    static func parse(_ text: Span<UInt8>, isValid: Bool, autolinks: Bool) -> UnsafeMutablePointer<cmark_node>? {
        _ = Self.kinds
        let cost = MarkdownCost(text)
        if cost.isExcessive { return unsafe Self.verbatim(text) }
        // Two tildes, because in chat one means "about", as in "~5 to ~10".
        var options = CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE
        if !isValid { options |= CMARK_OPT_VALIDATE_UTF8 }
        guard let parser = unsafe cmark_parser_new(options) else { return nil }
        defer { unsafe cmark_parser_free(parser) }
        unsafe Self.attach("strikethrough", to: parser)
        unsafe Self.attach("tasklist", to: parser)
        if cost.allowsTables { unsafe Self.attach("table", to: parser) }
        if autolinks, cost.allowsAutolinks { unsafe Self.attach("autolink", to: parser) }
        if MarkdownEmphasis.mayApply(to: text) {
            unsafe cmark_parser_attach_syntax_extension(parser, MarkdownEmphasis.syntax)
        }
        unsafe cmark_parser_set_backslash_ispunct_func(parser) { MarkdownEscapes.isEscaped($0) ? 1 : 0 }
        let hidden = MarkdownEscapes.hidingBrackets(in: text)
        if let hidden {
            unsafe Self.feed(hidden.span, to: parser)
        } else {
            unsafe Self.feed(text, to: parser)
        }
        unsafe Self.limitReferences(of: parser, to: cost.longestReference)
        let root = unsafe Self.inlinePhase.withLock { _ in unsafe cmark_parser_finish(parser) }
        if hidden != nil, let root = unsafe root { unsafe MarkdownEscapes.showBrackets(in: root) }
        return unsafe root
    }

    private static func feed(_ text: Span<UInt8>, to parser: UnsafeMutablePointer<cmark_parser>) {
        unsafe text.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            if let base = unsafe base { unsafe cmark_parser_feed(parser, base, bytes.count) }
        }
    }

    /// Empties references that are too long, because the inline phase copies address and title for each use, and
    /// renderers write the address as HTML. Their uses then show only the label.
    private static func limitReferences(of parser: UnsafeMutablePointer<cmark_parser>, to limit: Int) {
        // References are collected when their paragraph ends, so end the last one. A line feed would be skipped after a
        // carriage return.
        if unsafe parser.pointee.linebuf.size > 0 { unsafe cmark_parser_feed(parser, "\r", 1) }
        if unsafe cmark_node_get_type(parser.pointee.current) == CMARK_NODE_PARAGRAPH {
            unsafe cmark_parser_feed(parser, "\r", 1)
        }
        var entry = unsafe parser.pointee.refmap?.pointee.refs
        while let found = unsafe entry {
            // The entry is its first member.
            unsafe UnsafeMutableRawPointer(found).withMemoryRebound(to: cmark_reference.self, capacity: 1) {
                reference in
                let address = unsafe MarkdownTree.Step(.end, reference.pointee.url)
                let length = unsafe LinkAddress.writtenLength(address.bytes.span)
                guard unsafe length + Int(reference.pointee.title.len) > limit else { return }
                unsafe reference.pointee.url.len = 0
                unsafe reference.pointee.title.len = 0
            }
            unsafe entry = found.pointee.next
        }
    }

    private static func attach(_ name: String, to parser: UnsafeMutablePointer<cmark_parser>) {
        unsafe cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name))
    }

    /// A tree with the text as one code block.
    private static func verbatim(_ text: Span<UInt8>) -> UnsafeMutablePointer<cmark_node>? {
        guard let root = unsafe cmark_node_new(CMARK_NODE_DOCUMENT),
            let block = unsafe cmark_node_new(CMARK_NODE_CODE_BLOCK)
        else { return nil }
        unsafe cmark_node_set_literal(block, String(decoding: text) + "\n")
        unsafe cmark_node_append_child(root, block)
        return unsafe root
    }
}
