internal import Glibc

/// What the process finds around itself; a value, so that tests bring their own.
package struct Surroundings: Sendable {
    package var environment: [String: String]
    package var currentDirectory: String

    package init(environment: [String: String], currentDirectory: String) {
        self.environment = environment
        self.currentDirectory = currentDirectory
    }

    /// Those of this process.
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

    /// A variable's value; one that is set to nothing counts as not set.
    package func variable(_ name: String) -> String? {
        self.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Where configuration and data of all programs go by the XDG base directory specification: `fallback` is below
    /// the home directory, and a relative value is ignored.
    func baseDirectory(_ name: String, fallback: String) -> String? {
        if let directory = self.variable(name), directory.hasPrefix("/") { return directory }
        return self.variable("HOME").map { "\($0)/\(fallback)" }
    }

    /// `~/` is the home directory; a relative path begins at `directory`.
    func absolutePath(_ path: String, relativeTo directory: String) -> String {
        if path.hasPrefix("/") { return path }
        if path == "~" || path.hasPrefix("~/"), let home = self.variable("HOME") { return home + path.dropFirst() }
        let relative = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
        return directory.hasSuffix("/") ? directory + relative : "\(directory)/\(relative)"
    }
}
