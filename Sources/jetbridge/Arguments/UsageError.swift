/// An invalid command line.
struct UsageError: Error, Equatable {
    /// One line, without the reference to the help.
    let message: String
    /// The command whose help to refer to; empty for the program's.
    let path: [String]

    var description: String {
        let command = (["jetbridge"] + self.path + ["--help"]).joined(separator: " ")
        return "\(self.message); see '\(command)'"
    }
}
