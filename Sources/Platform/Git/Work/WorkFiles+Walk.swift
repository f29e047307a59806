internal import Glibc
internal import Primitives

/// Which files and folders to list.
package struct WorkspaceWalk: Sendable, Hashable {
    /// The folder, or one file, as ``QuotedPath`` writes it; "" is the workspace.
    package var path: String
    /// Only files like this, as in `.gitignore`; braces hold alternatives.
    package var glob: String?
    /// Levels.
    package var depth: Int
    package var limit: Int
    /// Whether folders, links and other things are listed beside files.
    package var isWhole: Bool

    package init(_ path: String, glob: String? = nil, depth: Int = 100, limit: Int, isWhole: Bool = false) {
        self.path = path
        self.glob = glob
        self.depth = depth
        self.limit = limit
        self.isWhole = isWhole
    }
}

extension WorkFiles {
    /// What a walk finds, in the order of the paths' bytes; paths as ``QuotedPath`` writes them. Leaves out what
    /// scans leave out and the `.gitignore` files exclude, but not below a folder that is named itself.
    package func walk(_ walk: WorkspaceWalk) throws(GitError) -> (entries: [WorkspaceEntry], isCut: Bool) {
        let top = try Folder(path: self.folder)
        var walker = FolderWalker(walk, rules: self.rules)
        guard !walk.path.isEmpty else {
            walker.walk(top, [], depth: 1)
            return (walker.entries, walker.isCut)
        }
        let path = try Self.bytes(of: walk.path)
        let parts = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
        let number = top.open(path, O_RDONLY | O_NOFOLLOW)
        guard number >= 0 else { throw GitError(system: -number, "list", "the folder \(GitName.printable(walk.path))") }
        let file = FileDescriptor(owning: number)
        guard let facts = Folder.facts(of: file.rawValue) else {
            throw GitError(system: errno, "list", "the folder \(GitName.printable(walk.path))")
        }
        guard facts.kind == .folder else {
            walker.add(path, facts)
            return (walker.entries, false)
        }
        for count in parts.indices {
            let above = count == 0 ? [UInt8(ascii: ".")] : Array(parts[..<count].joined(separator: [UInt8(ascii: "/")]))
            if let folder = top.folder(above) { walker.readRules(of: folder, depth: count) }
        }
        guard let folder = top.folder(path) else {
            throw GitError(system: errno, "list", "the folder \(GitName.printable(walk.path))")
        }
        walker.walk(folder, parts, depth: 1)
        return (walker.entries, walker.isCut)
    }
}

/// Walks folders that an enemy changes at the same time. Follows no link.
private struct FolderWalker {
    private let request: WorkspaceWalk
    private let glob: IgnoreRules?
    private let start: Int
    private let excluded: Set<[UInt8]>
    private var left: Int
    private let effort = RuleEffort()
    private var levels: [(depth: Int, rules: IgnoreRules)] = []
    private(set) var entries: [WorkspaceEntry] = []
    private(set) var isCut = false

    init(_ request: WorkspaceWalk, rules: ScanRules) {
        self.request = request
        self.glob = request.glob.map { [effort] in IgnoreRules(Self.lines($0), effort) }
        self.start = request.path.isEmpty ? 0 : request.path.utf8.count { $0 == UInt8(ascii: "/") } + 1
        self.left = rules.entries
        self.excluded = rules.excluded
    }

    private static let ignoreFile = Array(".gitignore".utf8)

    mutating func readRules(of folder: borrowing Folder, depth: Int) {
        guard let bytes = folder.file(Self.ignoreFile)?.read(at: 0, upTo: IgnoreRules.sizeLimit) else { return }
        self.levels.append((depth, IgnoreRules(bytes, self.effort)))
    }

    mutating func walk(_ folder: borrowing Folder, _ path: [[UInt8]], depth: Int, isWanted: Bool = false) {
        self.readRules(of: folder, depth: path.count)
        defer { while self.levels.last.map({ $0.depth >= path.count }) == true { self.levels.removeLast() } }
        for name in folder.names(limit: self.left + 1) ?? [] where !self.excluded.contains(name) {
            guard self.left > 0, self.entries.count < self.request.limit, !self.effort.isSpent else {
                self.isCut = true
                return
            }
            self.left -= 1
            guard let facts = folder.facts(of: name) else { continue }
            let isFolder = facts.kind == .folder
            let place = path + [name]
            guard !self.ignores(place, isFolder: isFolder) else { continue }
            let isMatch = isWanted || self.matches(place, isFolder: isFolder)
            if isMatch, self.request.isWhole || facts.kind == .file { self.add(Self.join(place), facts) }
            guard isFolder else { continue }
            guard depth < self.request.depth, place.count < 200, let child = folder.folder(name) else { continue }
            self.walk(child, place, depth: depth + 1, isWanted: isMatch && self.glob != nil)
        }
    }

    mutating func add(_ path: [UInt8], _ facts: FileFacts) {
        self.entries.append(WorkspaceEntry(path: QuotedPath.text(of: path), facts))
    }

    private func ignores(_ path: [[UInt8]], isFolder: Bool) -> Bool {
        for (depth, rules) in self.levels.reversed() where depth < path.count {
            if let verdict = rules.verdict(on: path[depth...], isFolder: isFolder, self.effort) { return verdict }
        }
        return false
    }

    /// The glob counts from the workspace or from the walk's folder.
    private func matches(_ path: [[UInt8]], isFolder: Bool) -> Bool {
        guard let glob = self.glob else { return true }
        if glob.verdict(on: path[...], isFolder: isFolder, self.effort) == true { return true }
        return self.start > 0 && self.start < path.count
            && glob.verdict(on: path[self.start...], isFolder: isFolder, self.effort) == true
    }

    private static func join(_ path: [[UInt8]]) -> [UInt8] { Array(path.joined(separator: [UInt8(ascii: "/")])) }

    /// A glob as lines of a `.gitignore`, one for each alternative in braces.
    private static func lines(_ glob: String) -> [UInt8] {
        var done: [String] = []
        var waiting = [glob]
        while let next = waiting.popLast(), done.count + waiting.count < 100 {
            guard let close = next.firstIndex(of: "}"), let open = next[..<close].lastIndex(of: "{") else {
                done.append(next)
                continue
            }
            let choices = next[next.index(after: open)..<close]
            for choice in choices.split(separator: ",", omittingEmptySubsequences: false) {
                waiting.append("\(next[..<open])\(choice)\(next[next.index(after: close)...])")
            }
        }
        // A first ! or # has a meaning in the file only.
        return Array(done.map { $0.hasPrefix("!") || $0.hasPrefix("#") ? "\\" + $0 : $0 }.joined(separator: "\n").utf8)
    }
}
