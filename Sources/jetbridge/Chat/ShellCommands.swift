internal import Specs

/// The commands of a thread as a shell has them.
enum ShellCommands {
    /// Writes the commands about specifications that `text` names, such as `` `/specify TEXT` ``, as they are in a shell.
    static func named(in text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        // Every other part is code, unless one is not closed.
        guard !parts.count.isMultiple(of: 2) else { return text }
        return parts.enumerated().map { index, part in
            index.isMultiple(of: 2) ? String(part) : Self.command(String(part))
        }.joined(separator: "`")
    }

    private static func command(_ code: String) -> String {
        guard code.hasPrefix("/") else { return code }
        let (name, rest) = (code.dropFirst().prefix { $0 != " " }, code.drop { $0 != " " })
        if Stage(rawValue: String(name)) != nil { return "jetbridge spec \(name)\(rest)" }
        guard name == "spec" else { return code }
        // In a thread it also chooses the feature, which is an option here.
        return rest.isEmpty ? "jetbridge spec list" : "--feature\(rest)"
    }
}
