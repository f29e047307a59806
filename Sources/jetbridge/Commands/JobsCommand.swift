internal import Chat
internal import Gateway
internal import Host
internal import JSON
internal import Primitives
internal import Schemas
internal import Store
internal import Threads
internal import Work

struct JobsCommand: Command {
    let syntax = CommandSyntax(
        "jobs", summary: "List the commands that run in jails",
        discussion:
            "Lists the running commands and the last ended ones of a thread, or of the threads that were active last.",
        options: [OptionSyntax("thread", .text("ID"), help: "Only this thread's.")])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let chosen = context.arguments.value("thread")
        let served = try await ChatHost.withServing(configuration, name: context.user) { link in
            let threads: [String]
            if let chosen { threads = [chosen] } else { threads = try await link.threads() }
            var jobs: [Entry] = []
            for thread in threads { jobs += try await link.jobs(of: thread).map { Entry(thread: thread, job: $0) } }
            return jobs
        }
        if let served { return try Self.show(served, context) }
        try Self.show(try await Self.stored(of: chosen, configuration, context), context)
    }

    private struct Entry {
        let thread: String
        let job: JSON
    }

    /// Those of the store. To begin a host for them would take up what the last one left.
    private static func stored(
        of chosen: String?, _ configuration: Configuration, _ context: CommandContext
    ) async throws -> [Entry] {
        let jobs = try await context.reading(configuration) { ledger -> [Job] in
            guard let chosen else {
                return try ledger.sessions(SessionFilter(isArchived: false), after: nil, limit: 30).items
                    .flatMap { try ledger.jobs(of: $0.id) }
            }
            guard try ledger.session(id: chosen) != nil else {
                throw CommandFailure("There is no such thread, or you may not see it.")
            }
            return try ledger.jobs(of: chosen)
        }
        return try jobs.map { job in
            var job = job
            // Its host has ended. In a cluster, another one may have it.
            if job.state == .running, configuration.cluster == nil {
                (job.state, job.ending) = (.interrupted, TurnTexts.interruptedEnding)
            }
            return Entry(thread: job.session, job: try JSON(encoding: API.Job(job)))
        }
    }

    private static func show(_ jobs: [Entry], _ context: CommandContext) throws {
        guard !context.isJSON else {
            return try context.print(
                .array(
                    jobs.map { entry in
                        var job = entry.job.objectValue ?? JSONObject()
                        job["thread_id"] = .string(entry.thread)
                        return .object(job)
                    }))
        }
        guard !jobs.isEmpty else { return try context.errors.writeLine("No command has run.") }
        let rows = jobs.map { entry in
            [
                entry.thread, entry.job["id"]?.stringValue ?? "",
                entry.job["ending"]?.stringValue ?? entry.job["state"]?.stringValue ?? "",
                context.output.shown(entry.job["command"]?.stringValue ?? ""),
            ]
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }
}
