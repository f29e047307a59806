/// Gives files to another user.
struct FolderOwner {
    private static let depth = 300

    private let old: UInt32
    private let new: FileOwner

    init(old: UInt32, new: FileOwner) {
        self.old = old
        self.new = new
    }

    /// Gives a folder and what is in it. A hard link to a file that belongs to neither user may lead out of the folder,
    /// so it is left alone.
    func give(_ folder: borrowing Folder, _ level: Int = 0) {
        for name in folder.names(limit: .max) ?? [] {
            guard let facts = folder.facts(of: name) else { continue }
            let isGiven = facts.user == self.new.user && facts.group == self.new.group
            if facts.kind == .folder {
                if level < Self.depth, let child = folder.folder(name) { self.give(child, level + 1) }
            } else if !isGiven, facts.links < 2 || facts.user == self.old {
                _ = folder.own(name, self.new)
            }
        }
        _ = folder.own(self.new)
    }
}
