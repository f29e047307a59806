internal import CMarkGFM

/// A parsed text, walked once from its beginning.
///
/// The steps run in this module and the visitor's calls are specialised in the renderer's module, so that no node is
/// allocated and no C type is exposed.
@safe @usableFromInline
struct MarkdownTree: ~Copyable {
    /// One event of the walk. The bytes belong to the tree.
    @safe @usableFromInline
    struct Step {
        @usableFromInline
        enum Kind {
            case enter(MarkdownNode)
            case leave(MarkdownNode)
            case text(MarkdownTextKind)
            case mark(MarkdownMark)
            case end
        }
        @usableFromInline let kind: Kind
        @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
        var isEmpty: Bool { unsafe self.bytes.isEmpty }

        init(_ kind: Kind) {
            self.kind = kind
            unsafe self.bytes = UnsafeBufferPointer(start: nil, count: 0)
        }

        init(_ kind: Kind, _ chunk: cmark_chunk) {
            self.kind = kind
            unsafe self.bytes = UnsafeBufferPointer(start: chunk.data, count: chunk.data == nil ? 0 : Int(chunk.len))
        }
    }

    typealias Node = UnsafeMutablePointer<cmark_node>
    private enum Phase { case entering, content, leaving }

    private let root: Node?
    private var node: Node?
    private var phase = Phase.entering
    /// How many emphases are open. Renderers close and reopen each at every line.
    private var emphases = 0
    private static let mostEmphases = 32
    /// The table cell's index in its row.
    private var column = 0
    private let kinds = MarkdownParser.kinds
    private var marks = MarkdownMarks()

    /// Parses `text`. Unless `isValid` says that it is UTF-8, invalid parts become U+FFFD.
    @usableFromInline
    init(parsing text: Span<UInt8>, isValid: Bool, autolinks: Bool) {
        unsafe self.root = MarkdownParser.parse(text, isValid: isValid, autolinks: autolinks)
        unsafe self.node = self.root
    }

    deinit {
        if let root = unsafe self.root { unsafe cmark_node_free(root) }
    }

    /// The next event; after the last one, always `end`.
    @usableFromInline
    mutating func step() -> Step {
        while let node = unsafe self.node {
            let step: Step? =
                switch self.phase {
                case .entering: unsafe self.enter(node)
                case .content: unsafe self.content(of: node)
                case .leaving: unsafe self.leave(node)
                }
            if let step { return step }
        }
        return Step(.end)
    }

    private mutating func enter(_ node: Node) -> Step? {
        switch unsafe cmark_node_type(UInt32(node.pointee.type)) {
        case CMARK_NODE_TEXT: return unsafe self.text(.plain, node)
        case CMARK_NODE_CODE: return unsafe self.text(.code, node)
        case CMARK_NODE_HTML_INLINE: return unsafe self.text(.html, node)
        case CMARK_NODE_HTML_BLOCK: return unsafe self.text(.htmlBlock, node)
        case CMARK_NODE_SOFTBREAK: return unsafe self.mark(.softBreak, node)
        case CMARK_NODE_LINEBREAK: return unsafe self.mark(.lineBreak, node)
        case CMARK_NODE_THEMATIC_BREAK: return unsafe self.mark(.thematicBreak, node)
        case CMARK_NODE_CODE_BLOCK:
            self.phase = .content
            return unsafe self.step(.enter(.codeBlock), .codeBlock, node)
        default: break
        }
        guard let kind = unsafe self.kind(of: node) else {
            unsafe self.pass(node)
            return nil
        }
        if case .tableRow = kind { self.column = 0 }
        if let child = unsafe node.pointee.first_child {
            unsafe self.node = child
        } else {
            self.phase = .leaving
        }
        if kind.isEmphasis {
            self.emphases += 1
            if self.emphases > Self.mostEmphases { return nil }
        }
        return unsafe self.step(.enter(kind), kind, node)
    }

    private mutating func content(of node: Node) -> Step? {
        self.phase = .leaving
        let step = unsafe Step(.text(.codeBlock), node.pointee.as.code.literal)
        guard !step.isEmpty else { return nil }
        guard let broken = self.broken(step) else { return step }
        // A copy, which belongs to the node.
        unsafe cmark_node_set_literal(node, broken)
        return unsafe Step(.text(.codeBlock), node.pointee.as.code.literal)
    }

    private mutating func leave(_ node: Node) -> Step? {
        let kind = unsafe self.kind(of: node)
        if case .tableCell = kind { self.column += 1 }
        unsafe self.pass(node)
        guard let kind else { return nil }
        if kind.isEmphasis {
            self.emphases -= 1
            if self.emphases >= Self.mostEmphases { return nil }
        }
        return unsafe self.step(.leave(kind), kind, node)
    }

    private func step(_ step: Step.Kind, _ kind: MarkdownNode, _ node: Node) -> Step {
        switch kind {
        case .link, .image:
            let link = unsafe Step(step, node.pointee.as.link.url)
            guard let broken = Self.brokenDetail(link) else { return link }
            unsafe cmark_node_set_url(node, broken)
            return unsafe Step(step, node.pointee.as.link.url)
        case .codeBlock:
            let block = unsafe Step(step, node.pointee.as.code.info)
            guard let broken = Self.brokenDetail(block) else { return block }
            unsafe cmark_node_set_fence_info(node, broken)
            return unsafe Step(step, node.pointee.as.code.info)
        default: return Step(step)
        }
    }

    private mutating func text(_ kind: MarkdownTextKind, _ node: Node) -> Step? {
        unsafe self.pass(node)
        let step = unsafe Step(.text(kind), node.pointee.as.literal)
        guard !step.isEmpty else { return nil }
        guard let broken = self.broken(step) else { return step }
        unsafe cmark_node_set_literal(node, broken)
        return unsafe Step(.text(kind), node.pointee.as.literal)
    }

    /// A step's text with its runs of marks broken; nil if it stays as it is.
    private mutating func broken(_ step: Step) -> String? {
        let bytes = unsafe step.bytes.span
        return self.marks.broken(bytes)
    }

    /// The same for an address or a fence's info string, which entities may be in too.
    private static func brokenDetail(_ step: Step) -> String? {
        var marks = MarkdownMarks()
        let bytes = unsafe step.bytes.span
        return marks.broken(bytes)
    }

    private mutating func mark(_ mark: MarkdownMark, _ node: Node) -> Step? {
        unsafe self.pass(node)
        return Step(.mark(mark))
    }

    /// Moves on from `node`, which is done.
    private mutating func pass(_ node: Node) {
        if unsafe node == self.root {
            unsafe self.node = nil
        } else if let next = unsafe node.pointee.next {
            unsafe self.node = next
            self.phase = .entering
        } else {
            unsafe self.node = node.pointee.parent
            self.phase = .leaving
        }
    }

    private func kind(of node: Node) -> MarkdownNode? {
        switch unsafe cmark_node_type(UInt32(node.pointee.type)) {
        case CMARK_NODE_PARAGRAPH: return unsafe .paragraph(isTight: Self.isTight(node))
        case CMARK_NODE_LINK: return .link
        case CMARK_NODE_EMPH: return .emphasis
        case CMARK_NODE_STRONG: return .strong
        case CMARK_NODE_ITEM: return unsafe .item(self.task(node))
        case CMARK_NODE_LIST: return unsafe .list(Self.list(node))
        case CMARK_NODE_HEADING: return unsafe .heading(level: Int(node.pointee.as.heading.level))
        case CMARK_NODE_CODE_BLOCK: return .codeBlock
        case CMARK_NODE_BLOCK_QUOTE: return .blockQuote
        case CMARK_NODE_IMAGE: return .image
        case CMARK_NODE_DOCUMENT: return .document
        default: return unsafe self.extensionKind(of: node)
        }
    }

    private func extensionKind(of node: Node) -> MarkdownNode? {
        switch unsafe node.pointee.type {
        case self.kinds.cell: return unsafe .tableCell(self.alignment(of: node))
        case self.kinds.row:
            return unsafe .tableRow(isHeader: cmark_gfm_extensions_get_table_row_is_header(node) != 0)
        case self.kinds.table: return unsafe .table(columns: Int(cmark_gfm_extensions_get_table_columns(node)))
        case self.kinds.strikethrough: return .strikethrough
        default: return nil
        }
    }

    private static func isTight(_ node: Node) -> Bool {
        guard let list = unsafe node.pointee.parent?.pointee.parent,
            unsafe cmark_node_type(UInt32(list.pointee.type)) == CMARK_NODE_LIST
        else { return false }
        return unsafe list.pointee.as.list.tight
    }

    private static func list(_ node: Node) -> MarkdownList {
        let list = unsafe node.pointee.as.list
        return MarkdownList(
            start: list.list_type == CMARK_ORDERED_LIST ? Int(list.start) : nil, isTight: list.tight)
    }

    private func task(_ node: Node) -> MarkdownTask? {
        // Only the task list extension gives an item an extension.
        guard unsafe node.pointee.extension != nil else { return nil }
        return unsafe node.pointee.as.list.checked ? .done : .open
    }

    private func alignment(of cell: Node) -> MarkdownAlignment {
        guard let table = unsafe cell.pointee.parent?.pointee.parent,
            let alignments = unsafe cmark_gfm_extensions_get_table_alignments(table),
            unsafe self.column < Int(cmark_gfm_extensions_get_table_columns(table))
        else { return .none }
        return switch unsafe alignments[self.column] {
        case UInt8(ascii: "l"): .left
        case UInt8(ascii: "c"): .center
        case UInt8(ascii: "r"): .right
        default: .none
        }
    }
}
