internal import CMarkGFM
internal import Primitives

/// The one place that calls cmark-gfm's parser.
enum MarkdownParser {
    /// The numbers that the extensions got for their nodes.
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

    /// The library keeps the extensions' special characters in a global table that is filled and emptied around each
    /// document's inline phase: two at once would see each other's.
    private static let inlinePhase = Protected(())

    private static let extensions = ["table", "strikethrough", "autolink", "tasklist"]

    /// Returns the tree's root, to be freed by `cmark_node_free`.
    static func parse(_ text: Span<UInt8>, isValid: Bool) -> UnsafeMutablePointer<cmark_node>? {
        _ = Self.kinds
        // Two tildes: in chat one is "about", as in "~5 to ~10".
        var options = CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE
        if !isValid { options |= CMARK_OPT_VALIDATE_UTF8 }
        guard let parser = unsafe cmark_parser_new(options) else { return nil }
        defer { unsafe cmark_parser_free(parser) }
        for name in Self.extensions {
            unsafe cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name))
        }
        unsafe text.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            if let base = unsafe base { unsafe cmark_parser_feed(parser, base, bytes.count) }
        }
        return unsafe Self.inlinePhase.withLock { _ in unsafe cmark_parser_finish(parser) }
    }
}
