internal import Glibc
internal import Primitives

/// The program that searches.
package enum Ripgrep {
    package static let remedy =
        "ripgrep (rg) is not installed on this machine: an owner can install the package ripgrep"

    /// Whether commands find it, in a jail or without one.
    package static var isInstalled: Bool {
        ["/usr/local/bin", "/usr/bin", "/bin"].contains { access("\($0)/rg", X_OK) == 0 }
    }
}

/// The shell command of a search: `rg` over the workspace, which is its directory. It writes JSON for ``RipgrepOutput``.
/// Pure.
struct RipgrepCommand: Sendable {
    enum Mode: String, Sendable { case regex, text, names }

    let pattern: String
    let mode: Mode
    /// As ``WorkspacePath`` gives it; "" for the whole workspace.
    let path: String
    let glob: String?

    var text: String {
        let place = self.path.isEmpty ? "--no-ignore-parent </dev/null" : "-- \"$path\""
        let expression = "--max-count=\(ToolLimits.searchHits + 1) --regexp=\(Self.quoted(self.pattern))"
        let program =
            switch self.mode {
            case .regex: "\(Self.content) \(self.walk) \(expression) \(place)"
            case .text: "\(Self.content) --fixed-strings \(self.walk) \(expression) \(place)"
            case .names: "rg --files --null \(self.walk) \(place) | \(Self.lines) | \(Self.names) \(expression)"
            }
        return "\(Self.memory); \(self.pathVariable)\(program)"
    }

    /// A line of any length fits, or `rg` ends alone: the jail's own limit would end everything in the jail.
    private static let memory = "ulimit -v \(ToolLimits.searchMemory >> 10) 2>/dev/null"

    /// CRLF ends a line like LF. A file that shrinks meanwhile is no fault when it is not mapped.
    private static let content =
        "rg --json --no-config --crlf --no-mmap --max-filesize=\(ToolLimits.searchFileBytes)"

    /// A path for each line: a line break in a name becomes a null character. With null characters between the paths,
    /// `^` and `$` would not match there (ripgrep 13).
    private static let lines = #"tr '\n\0' '\0\n'"#

    /// What looks like a byte order mark is a part of the name.
    private static let names = "rg --json --no-config --text --encoding=none"

    /// The same files in the same order each time, so that the same search has the same result.
    private var walk: String {
        let rules = "--no-config --sort=path --hidden --no-require-git --no-ignore-global"
        // The last one that fits decides.
        let globs = self.globs + (self.mode == .names ? [] : Self.generated) + ["!.git"]
        return ([rules] + globs.map { "--glob=\(Self.quoted($0))" }).joined(separator: " ")
    }

    /// A glob with a slash counts from the workspace or from the folder that is searched.
    private var globs: [String] {
        guard let glob = self.glob else { return [] }
        let isPlain = !self.path.isEmpty && !self.path.contains { "*?[]{}\\\"!".contains($0) }
        guard isPlain, glob.contains("/"), !glob.hasPrefix("!") else { return [glob] }
        return [glob, "\(self.path)/\(glob)"]
    }

    /// What programs write and nobody reads: 120 KB of hits in a source map are no help.
    private static let generated = ["!*.map", "!*.min.js", "!*.min.css", "!*.min.mjs"]

    /// Sets `path`. Its bytes need not be UTF-8, which the text of a command is; the shell cuts off line breaks at its end.
    private var pathVariable: String {
        guard !self.path.isEmpty else { return "" }
        let digits = (QuotedPath.bytes(of: self.path) ?? []).map { byte in
            let octal = String(byte, radix: 8)
            return "\\" + String(repeating: "0", count: 3 - octal.count) + octal
        }
        return "path=$(printf '\(digits.joined())/'); path=${path%/}; "
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
