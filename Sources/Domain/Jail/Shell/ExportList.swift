internal import Primitives

/// The output of dash's `export -p`: lines `export NAME` and `export NAME='VALUE'`, in which a value's quotes are in
/// double quotes.
enum ExportList {
    /// The variables as `NAME=VALUE` that are whole within `limit` bytes; unreadable ones are left out.
    static func variables(_ bytes: ArraySlice<UInt8>, limit: Int) -> [String] {
        var variables: [String] = []
        var at = bytes.startIndex
        while at < bytes.endIndex {
            guard bytes[at...].starts(with: self.word) else { break }
            at += self.word.count
            let start = at
            while at < bytes.endIndex, bytes[at] != UInt8(ascii: "="), bytes[at] != UInt8(ascii: "\n") { at += 1 }
            let name = bytes[start..<at]
            guard at < bytes.endIndex, bytes[at] == UInt8(ascii: "=") else {
                at = min(at + 1, bytes.endIndex)
                continue
            }
            at += 1
            guard let value = self.value(bytes, &at), at - bytes.startIndex <= limit else { break }
            let variable = Array(name) + [UInt8(ascii: "=")] + value
            variables.append(StreamSafeText.of(String(decoding: variable, as: UTF8.self)))
        }
        return variables
    }

    private static let word = Array("export ".utf8)

    /// Joins the quoted pieces up to the end of the line, and moves past it.
    private static func value(_ bytes: ArraySlice<UInt8>, _ at: inout Int) -> [UInt8]? {
        var value: [UInt8] = []
        while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\n") {
            let quote = bytes[at]
            guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
                let end = bytes[(at + 1)...].firstIndex(of: quote)
            else { return nil }
            value += bytes[(at + 1)..<end]
            at = end + 1
        }
        at = min(at + 1, bytes.endIndex)
        return value
    }
}

/// The variables that a fresh shell gets.
enum CommandVariables {
    /// An argument or variable longer than this fails execve(2) (MAX_ARG_STRLEN).
    static let longest = 128 << 10

    /// The exported variables of the persistent shell without those that make programs run other code before they
    /// start.
    static func kept(_ variables: [String]) -> [String] {
        variables.filter { variable in
            guard variable.utf8.count < self.longest else { return false }
            // A mark behind "=" would make another character of it.
            let name = String(variable.unicodeScalars.prefix { $0 != "=" })
            return !self.refused.contains(name)
                && !self.refusedPrefixes.contains { name.hasPrefix($0) }
        }
    }

    private static let refused: Set<String> = [
        "BASH_ENV", "BASHOPTS", "ENV", "GLIBC_TUNABLES", "IFS", "OLDPWD", "PROMPT_COMMAND", "PS4", "PWD", "SHELLOPTS",
    ]
    private static let refusedPrefixes = ["BASH_FUNC_", "LD_"]
}
