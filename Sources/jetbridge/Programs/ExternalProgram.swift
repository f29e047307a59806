internal import Glibc

/// A program on the path that is a command: `jetbridge NAME` runs `jetbridge-NAME`.
struct ExternalProgram: Sendable, Equatable {
    let name: String
    let path: String

    private static let prefix = "jetbridge-"
    /// More are not listed.
    private static let listed = 100

    /// Whether a program's command can have this name.
    static func isName(_ word: String) -> Bool {
        1...64 ~= word.utf8.count && "a"..."z" ~= (word.unicodeScalars.first ?? " ")
            && word.unicodeScalars.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "-" }
    }

    /// The first one in the folders of `path`, which is a value of the variable PATH; nil if it is in none.
    static func find(_ name: String, on path: String?) -> Self? {
        guard Self.isName(name) else { return nil }
        return Self.folders(of: path).lazy.map { Self(name: name, path: "\($0)/\(Self.prefix)\(name)") }
            .first { Self.isProgram($0.path) }
    }

    /// All of them by name, without those whose name is a command of our own.
    static func all(on path: String?, besides own: [String]) -> [Self] {
        var programs: [String: Self] = [:]
        for folder in Self.folders(of: path) {
            for file in Self.files(of: folder) where file.hasPrefix(Self.prefix) {
                let name = String(file.dropFirst(Self.prefix.count))
                guard Self.isName(name), programs[name] == nil, !own.contains(name), programs.count < Self.listed,
                    Self.isProgram("\(folder)/\(file)")
                else { continue }
                programs[name] = Self(name: name, path: "\(folder)/\(file)")
            }
        }
        return programs.values.sorted { $0.name < $1.name }
    }

    /// Without relative ones, where a program would depend on the current directory.
    private static func folders(of path: String?) -> [Substring] {
        (path ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
    }

    private static func files(of folder: Substring) -> [String] {
        guard let open = opendir(String(folder)) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
