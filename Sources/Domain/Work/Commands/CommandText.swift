/// A command as a person wrote it. Pure.
package struct CommandText: Equatable {
    package let command: String
    /// It ends in ` &` and runs as a job.
    let isJob: Bool

    package init(_ text: String) {
        var rest = text[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        guard rest.last == "&", rest.dropLast().last?.isWhitespace != false else {
            (self.command, self.isJob) = (String(rest), false)
            return
        }
        rest.removeLast()
        while rest.last?.isWhitespace == true { rest.removeLast() }
        (self.command, self.isJob) = (String(rest), true)
    }
}
