/// What was typed is no command line of ours.
struct UsageError: Error, Equatable {
    /// One line without the hint at the help.
    let message: String
    /// The command whose help shows how it is done; empty for the program's own.
    let path: [String]

    var description: String {
        let command = (["jetbridge"] + self.path + ["--help"]).joined(separator: " ")
        return "\(self.message); see '\(command)'"
    }
}
