/// `tasks.md`: what is done, in which order.
package struct TaskDocument: Sendable, Hashable {
    package let markdown: MarkdownDocument
    private let index: PhaseIndex
    package let tasks: [TaskEntry]
    package let orders: [TaskOrder]
    package let questions: [OpenQuestion]
    /// Lines, from 0, of items with a box and no id, in a phase.
    package let unnumbered: [Int]

    package init(_ markdown: MarkdownDocument) {
        self.markdown = markdown
        let index = PhaseIndex(TaskPhase.all(in: markdown))
        var tasks: [TaskEntry] = []
        var room = TaskID.room
        var unnumbered: [Int] = []
        let parts = [0..<(markdown.sections.first?.line ?? markdown.lines.count)] + markdown.sections.map(\.own)
        for part in parts {
            let isPhase = index.phase(at: part.lowerBound) != nil
            for block in markdown.items(in: part) {
                let before = tasks.count
                for inner in Self.split(block, markdown) {
                    guard let task = TaskEntry(inner, in: markdown, isTaskList: isPhase, &room) else { continue }
                    tasks.append(task)
                }
                if tasks.count == before, isPhase, block.item.box != nil { unnumbered.append(block.line) }
            }
        }
        self.index = index
        self.tasks = tasks
        self.unnumbered = unnumbered
        self.orders = TaskOrder.all(in: markdown, tasks: tasks)
        self.questions = OpenQuestion.all(in: markdown)
    }

    /// What each task and phase waits for, each once, although several lines may say so.
    package var needed: [String: [TaskOrder]] {
        var seen: Set<[String]> = []
        let once = self.orders.filter { seen.insert([$0.task, $0.prerequisite]).inserted }
        return Dictionary(grouping: once, by: \.task)
    }

    package var phases: [TaskPhase] { self.index.phases }

    package func phase(of task: TaskEntry) -> TaskPhase? { self.phase(at: task.line) }

    func phase(at line: Int) -> TaskPhase? { self.index.phase(at: line) }

    /// Tasks may be indented below another item: each line with a box and an id begins one.
    private static func split(_ block: ItemBlock, _ markdown: MarkdownDocument) -> [ItemBlock] {
        var blocks = [block]
        for line in (block.line + 1)..<max(block.line + 1, block.end) {
            guard markdown.lines[line].kind == .text, let item = ListItem(markdown.visible(line)), item.box != nil,
                TaskID.read(item.content.drop { $0 == UInt8(ascii: "*") }) != nil
            else { continue }
            blocks[blocks.count - 1].end = line
            blocks.append(ItemBlock(item: item, line: line, end: block.end))
        }
        return blocks
    }
}
