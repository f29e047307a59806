internal import Glibc

/// The process's environment and current directory; a value, so that tests can supply their own.
package struct Surroundings: Sendable {
    package var environment: [String: String]
    package var currentDirectory: String

    package init(environment: [String: String], currentDirectory: String) {
        self.environment = environment
        self.currentDirectory = currentDirectory
    }

    package static func ofProcess() -> Surroundings {
        var variables: [String: String] = [:]
        var next = environ
        while let variable = next.pointee {
            let text = String(cString: variable)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[sign...].dropFirst())
            }
            next += 1
        }
        let directory = getcwd(nil, 0)
        defer { free(directory) }
        return Surroundings(environment: variables, currentDirectory: directory.map { String(cString: $0) } ?? "/")
    }

    /// A variable's value; an empty one counts as unset.
    package func variable(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A base directory by the XDG Base Directory Specification, which ignores relative values. `fallback` is below the
    /// home directory.
    func baseDirectory(_ name: String, fallback: String) -> String? {
        if let directory = self.variable(name), directory.hasPrefix("/") { return directory }
        return self.variable("HOME").map { "\($0)/\(fallback)" }
    }

    /// `~/` is the home directory; a relative path is relative to `directory`.
    func absolutePath(_ path: String, relativeTo directory: String) -> String {
        if path.hasPrefix("/") { return path }
        if path == "~" || path.hasPrefix("~/"), let home = self.variable("HOME") { return home + path.dropFirst() }
        let relative = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
        return directory.hasSuffix("/") ? directory + relative : "\(directory)/\(relative)"
    }
}
