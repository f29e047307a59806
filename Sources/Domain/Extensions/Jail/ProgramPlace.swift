internal import Glibc
internal import Jail
internal import Lifecycle
internal import Primitives

/// Where a server's program is, and what of the host its jail has to show.
struct ProgramPlace: Equatable {
    /// The path of the program, as the jail sees it.
    let program: String
    /// Folders and files, shown read-only at the paths that they have on the host.
    let shown: [String]

    /// Why a command cannot be used, a clause.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    static let searched = ["/usr/local/bin", "/usr/bin", "/bin"]
    /// What every jail shows.
    private static let system = ["/usr", "/bin", "/sbin", "/lib", "/lib64"]
    private static let interpreters = [
        "bash", "bun", "deno", "java", "node", "nodejs", "perl", "php", "python", "ruby", "sh",
    ]
    private static let linkLimit = 40

    /// Looks for a command's program and what belongs to it. Reads the disk, so it runs apart from the loop.
    ///
    /// - Parameter home: The host's home folder, which is never shown as a whole.
    @concurrent
    static func find(_ command: [String], home: String) async throws(Refusal) -> ProgramPlace {
        let given = command.first ?? ""
        guard given.split(separator: "/").last != "docker" else {
            throw Refusal(
                reason:
                    "docker needs Docker's socket, and with it a program is root on this machine. Name the server's "
                    + "own program in `command`")
        }
        guard given.hasPrefix("/") || !given.contains("/") else {
            throw Refusal(reason: "'\(given)' is a relative path; write the whole path in `command`")
        }
        let paths = given.hasPrefix("/") ? [given] : Self.searched.map { "\($0)/\(given)" }
        guard let path = paths.first(where: { access($0, X_OK) == 0 && !Self.isFolder($0) }) else {
            let place = given.hasPrefix("/") ? "" : " in \(Self.searched.joined(separator: ", "))"
            throw Refusal(
                reason: "'\(given)' is not a program\(place); install it, or write its whole path in `command`")
        }
        var finding = Finding(home: home)
        let program = finding.add(program: path)
        // With or without a version: python3.11.
        let name = (given.split(separator: "/").last ?? "").prefix { !$0.isNumber }
        if Self.interpreters.contains(String(name)),
            let script = command.dropFirst().first(where: { $0.hasPrefix("/") && access($0, R_OK) == 0 }),
            !Self.isFolder(script)
        {
            finding.add(folderOf: script)
        }
        return ProgramPlace(program: program, shown: finding.shown)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func parent(_ path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }

    /// What a link names, as a whole path; nil if it is not a link.
    private static func target(of path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        var parts: [Substring] = []
        for part in (text.hasPrefix("/") ? text : "\(Self.parent(path))/\(text)").split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Collects what has to be shown.
    private struct Finding {
        let home: String
        private(set) var shown: [String] = []

        init(home: String) {
            self.home = home
        }

        /// Returns the path by which the program is started: links are resolved until it is in an environment of Python,
        /// which a link's last target no longer is.
        mutating func add(program path: String) -> String {
            var path = path
            for _ in 0..<ProgramPlace.linkLimit where !self.add(environmentOf: path) {
                guard let target = ProgramPlace.target(of: path) else {
                    self.add(folderOf: path)
                    break
                }
                path = target
            }
            if let interpreter = Self.interpreter(of: path), interpreter != path, !self.isShown(interpreter) {
                _ = self.add(program: interpreter)
            }
            return path
        }

        /// Shows an environment of Python with the interpreter behind it; false if the program is not in one.
        private mutating func add(environmentOf path: String) -> Bool {
            let root = ProgramPlace.parent(ProgramPlace.parent(path))
            guard let text = PrivateFile.text(of: "\(root)/pyvenv.cfg") else { return false }
            self.show(root)
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmed }
                if parts.first == "home", parts.count == 2 { self.show(ProgramPlace.parent(parts[1])) }
            }
            var hop = "\(root)/bin/python"
            for _ in 0..<ProgramPlace.linkLimit {
                guard let target = ProgramPlace.target(of: hop) else { break }
                hop = target
                self.show(ProgramPlace.parent(ProgramPlace.parent(hop)))
            }
            if let real = realpath(hop, nil) {
                self.show(ProgramPlace.parent(ProgramPlace.parent(String(cString: real))))
                free(real)
            }
            return true
        }

        /// Shows the folder of a program or script: the package around it, where it is one of Node.js.
        mutating func add(folderOf path: String) {
            if let modules = path.firstRange(of: "/node_modules/") {
                return self.show(String(path[..<modules.upperBound].dropLast()))
            }
            var folder = ProgramPlace.parent(path)
            for _ in 0..<6 where !self.isTooMuch(folder) {
                if ProgramPlace.exists("\(folder)/package.json") { return self.show(folder) }
                folder = ProgramPlace.parent(folder)
            }
            let own = ProgramPlace.parent(path)
            self.show(self.isTooMuch(own) ? path : own)
        }

        private mutating func show(_ path: String) {
            guard !self.isTooMuch(path), !self.isShown(path) else { return }
            self.shown.append(path)
        }

        private func isShown(_ path: String) -> Bool {
            (ProgramPlace.system + self.shown).contains { path == $0 || path.hasPrefix($0 + "/") }
        }

        /// Whether a folder holds more than a program: the root, what is directly below it, and home folders.
        private func isTooMuch(_ folder: String) -> Bool {
            let parts = folder.split(separator: "/")
            return parts.count < 2 && ProgramPlace.isFolder(folder) || parts.count == 2 && parts[0] == "home"
                || folder == self.home
        }

        /// The program in a script's first line, unless the system's `env` looks for it.
        private static func interpreter(of path: String) -> String? {
            guard let file = fopen(path, "re") else { return nil }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 512)
            let count = fread(&bytes, 1, bytes.count, file)
            let line = bytes[..<count].prefix { $0 != 0x0A }
            guard line.starts(with: "#!".utf8) else { return nil }
            return String(decoding: line.dropFirst(2), as: UTF8.self).split(separator: " ").first.map { String($0) }
        }
    }
}
