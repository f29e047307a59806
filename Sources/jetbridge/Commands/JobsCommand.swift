internal import Host
internal import JSON
internal import Primitives

struct JobsCommand: Command {
    let syntax = CommandSyntax(
        "jobs", summary: "List the commands that run in jails",
        discussion:
            "Lists the running commands and the last ended ones of a thread, or of the threads that were active last.",
        options: [OptionSyntax("thread", .text("ID"), help: "Only this thread's.")])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let chosen = context.arguments.value("thread")
        try await ChatHost.withLink(configuration, interrupts: Interrupts()) { link in
            let threads: [String]
            if let chosen { threads = [chosen] } else { threads = try await link.threads() }
            var jobs: [(thread: String, job: JSON)] = []
            for thread in threads { jobs += try await link.jobs(of: thread).map { (thread, $0) } }
            try Self.show(jobs, context)
        }
    }

    private static func show(_ jobs: [(thread: String, job: JSON)], _ context: CommandContext) throws {
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
