internal import Backup
internal import Host
internal import JSON
internal import Primitives

struct BackupListCommand: Command {
    let syntax = CommandSyntax(
        "backup", "list", summary: "List the backups of every day",
        discussion: "Those at the place of backups.to, oldest first.")

    func run(_ context: CommandContext) async throws {
        let names = try await context.shelf().names()
        if context.isJSON { return try context.print(["items": .array(names.map(JSON.string))]) }
        for name in names { try context.print(name) }
    }
}

struct BackupFetchCommand: Command {
    let syntax = CommandSyntax(
        "backup", "fetch", summary: "Write a backup of every day into one file",
        discussion:
            "Fetches it from the place of backups.to, puts it together and verifies it: then 'backup restore' takes it.",
        positionals: [
            PositionalSyntax("name", .text("NAME"), help: "As 'backup list' names it, or 'newest'."),
            PositionalSyntax("file", .file("FILE"), help: "A new file; an existing one is never overwritten."),
        ],
        examples: ["jetbridge backup fetch newest last-night.tar.gz"])

    func run(_ context: CommandContext) async throws {
        let shelf = try context.shelf()
        var name = context.arguments.word("name") ?? ""
        if name == "newest" {
            // With a clock that is behind, all are from the future.
            let known = try await shelf.newestName(at: WallClock.now())
            guard let newest = try await known == nil ? shelf.names().last : known else {
                throw CommandFailure("there is no backup in \(shelf.name)")
            }
            name = newest
        }
        let file = context.arguments.word("file") ?? ""
        let manifest = try await shelf.fetch(name, to: file)
        guard !context.isJSON else { return try context.print(manifest.summary(of: file)) }
        try context.print("Fetched \(name) with \(manifest.contents) to \(file), and verified it.")
    }
}

extension CommandContext {
    fileprivate func shelf() throws -> BackupShelf {
        guard let shelf = try self.loadConfiguration().backupShelf else {
            throw CommandFailure("no backups are made every day: there is no section 'backups' in the configuration")
        }
        return shelf
    }
}
