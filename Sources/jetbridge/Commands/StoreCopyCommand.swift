internal import Database
internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle
internal import Store

struct StoreCopyCommand: Command {
    let syntax = CommandSyntax(
        "store", "copy", summary: "Copy the database into an empty one of either engine",
        discussion: """
            URL is sqlite:FILE (FILE relative to the data directory, or absolute) or postgres://ROLE@HOST:PORT/DATABASE, \
            whose password is that of the configuration's store, or PGPASSWORD. No host may serve either; the source stays \
            as it is. Every table is compared afterwards by its rows and a digest. Then change store.url. What is not in \
            the database (repositories, files, workspaces, audit.key) stays where it is.
            """,
        options: [
            OptionSyntax("from", .text("URL"), isRequired: true, help: "What is copied."),
            OptionSyntax("to", .text("URL"), isRequired: true, help: "A new file, or an empty database."),
        ],
        examples: [
            "jetbridge store copy --from sqlite:jetbridge.sqlite --to postgres://jetbridge@127.0.0.1:5432/jetbridge"
        ])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let from = try self.place(context.arguments.value("from") ?? "", "from", configuration, context)
        let to = try self.place(context.arguments.value("to") ?? "", "to", configuration, context)
        guard from != to else { throw UsageError(message: "--from and --to are the same", path: context.path) }
        // Held until the end, so that no host begins meanwhile.
        let lock = try DataDirectory(path: configuration.dataDirectory).lock()
        if case .file(let path) = from, access(path, R_OK) != 0 {
            throw CommandFailure("\(path) does not exist or cannot be read")
        }
        if case .file(let path) = to, access(path, F_OK) == 0 {
            throw CommandFailure("\(path) exists: name a new file")
        }
        if case .file(let path) = from { try self.checkFree(path, of: configuration) }
        let source = try Stores.open(from)
        try await StoreClaim(SessionStore(database: source))?.take()
        var tables: [JSON] = []
        var rows = 0
        do {
            let target = try Stores.open(to)
            try await StoreClaim(SessionStore(database: target))?.take()
            try await StoreCopy(from: source, to: target).run { table in
                rows += table.rows
                tables.append(
                    ["table": .string(table.name), "rows": JSON(table.rows), "digest": .string(table.digest)])
                guard !context.isJSON, table.rows > 0 else { return }
                try context.print("\(table.name): \(table.rows) rows, \(table.digest.prefix(16))")
            }
            await target.close()
        } catch {
            // So that the command can be repeated.
            if case .file(let path) = to { for end in ["", "-wal", "-shm"] { unlink(path + end) } }
            throw error
        }
        await source.close()
        _ = consume lock
        if context.isJSON {
            return try context.print(["from": .string(from.name), "to": .string(to.name), "tables": .array(tables)])
        }
        try context.print("Copied \(rows) rows, and compared them. Set store.url to use the copy.")
    }

    /// Throws if the host of another data directory serves the file.
    private func checkFree(_ path: String, of configuration: Configuration) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        guard folder != configuration.dataDirectory, access("\(folder)/host.lock", F_OK) == 0,
            let pid = try DataDirectory(path: folder).servingHost
        else { return }
        throw CommandFailure("a host (pid \(pid)) serves \(path): stop it first")
    }

    private func place(
        _ url: String, _ option: String, _ configuration: Configuration, _ context: CommandContext
    ) throws -> Configuration.Store {
        switch Configuration.Store.named(url, in: configuration) {
        case .success(let store): return store
        case .failure(let problem): throw UsageError(message: "--\(option): \(problem.message)", path: context.path)
        }
    }
}
