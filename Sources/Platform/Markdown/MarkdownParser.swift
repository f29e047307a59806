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
        unsafe text.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            if let base = unsafe base { unsafe cmark_parser_feed(parser, base, bytes.count) }
        }
        return unsafe Self.inlinePhase.withLock { _ in unsafe cmark_parser_finish(parser) }
    }

    private static func attach(_ name: String, to parser: OpaquePointer) {
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

/// Recognises texts that would be disproportionately expensive to parse.
///
/// cmark-gfm 0.29.0.gfm.6 is quadratic in some constructs (see its changelog from gfm.7 on): unclosed brackets,
/// adjacent at signs, and tables whose short rows are padded to the head's columns. 100 KB of such text took a second
/// or more, or exhausted the memory.
struct MarkdownCost {
    private var brackets = 0
    private var atSigns = 0
    private var lines = 1
    private var columns = 1
    private let size: Int

    init(_ text: Span<UInt8>) {
        self.size = text.count
        var pipes = 0
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                self.lines += 1
                self.columns = max(self.columns, pipes + 1)
                pipes = 0
            case UInt8(ascii: "|"): pipes += 1
            case UInt8(ascii: "["): self.brackets += 1
            case UInt8(ascii: "@"): self.atSigns += 1
            default: break
            }
        }
        self.columns = max(self.columns, pipes + 1)
    }

    /// The text must not be parsed at all.
    var isExcessive: Bool { self.brackets > 20_000 }
    /// The number of possible cells is proportionate to the text's size.
    var allowsTables: Bool { self.columns * self.lines <= 2 * self.size + 100_000 }
    var allowsAutolinks: Bool { self.atSigns <= 20_000 }
}
