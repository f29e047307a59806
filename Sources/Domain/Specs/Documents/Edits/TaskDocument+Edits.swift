extension TaskDocument {
    /// The document with a task's box ticked, or cleared; the same bytes if it is already so.
    package func ticking(_ id: String, isDone: Bool = true) throws(DocumentEditError) -> [UInt8] {
        let tasks = self.tasks.filter { $0.id == id }
        guard let task = tasks.first else {
            throw DocumentEditError(message: "\(id) is not in the list of tasks: choose one that is")
        }
        guard tasks.count == 1 else {
            throw DocumentEditError(
                message: "\(id) occurs \(tasks.count) times, so that nobody knows which is meant: number them apart")
        }
        guard let box = task.box else {
            throw DocumentEditError(message: "\(id) has no checkbox to tick: begin its line with `- [ ] `")
        }
        if task.isTicked == isDone { return self.markdown.bytes }
        return self.markdown.replacing(box, with: (isDone ? "x" : " ").utf8)
    }
}
