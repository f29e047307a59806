internal import Analytics
internal import Gateway
internal import Host
internal import JSON
internal import Models
internal import People
internal import Primitives
internal import Store
internal import Threads

struct UsageCommand: Command {
    let syntax = CommandSyntax(
        "usage", summary: "Show tokens used by model, and the account's remaining allowance",
        discussion: """
            Some providers report the remaining allowance: the credits of a Copilot plan and when they reset. With --json, \
            the rows of models are followed by the proxy's rows, which also have "key"; by the keys with a limit of tokens \
            a day, which have "tokens_per_day" and "tokens_today" (UTC) instead of "model"; and by the allowances, \
            which have "allowance". With --by, --from, --to or --zone it shows what was used and what it cost (an estimate) as \
            GET /api/v1/analytics does, and with --json that document.
            """,
        options: [
            OptionSyntax(
                "by", .text("KEY[,KEY]"),
                help: "Sum up by one or two of \(AnalyticsKey.allCases.map(\.rawValue).joined(separator: ", "))."),
            OptionSyntax("from", .text("DATE|TIME"), help: "The first day, or a time; by default 30 days ago."),
            OptionSyntax("to", .text("DATE|TIME"), help: "The day or time before which it ends."),
            OptionSyntax("zone", .text("ZONE"), help: "The time zone of days, such as Europe/Berlin; by default UTC."),
        ],
        examples: ["jetbridge usage", "jetbridge usage --by day,model --from 2026-11-01"])

    func run(_ context: CommandContext) async throws {
        let options = ["by", "from", "to", "zone"].map { context.arguments.value($0) }
        if options.contains(where: { $0 != nil }) { return try await self.analytics(context, options) }
        let configuration = try context.loadConfiguration()
        let now = WallClock.now()
        let (rows, clients, limited) = try await context.reading(configuration) { ledger in
            let keys = try ledger.credentials(kind: .token).filter { $0.tokensPerDay != nil && !$0.isExpired(at: now) }
            let today = ProxyUsageRecord.day(of: now)
            return (
                try ledger.usage(of: nil), try ledger.proxyUsage(),
                try keys.map { (credential: $0, tokensToday: try ledger.tokens(of: $0.id, on: today)) }
            )
        }
        var allowance: (provider: String, quota: ModelQuota?)?
        do {
            allowance = try await ModelProvider.asking(configuration) { ($0.provider, try await $0.quota()) }
        } catch let error as CancellationError {
            throw error
        } catch {
            // The used tokens are known regardless.
            try context.errors.writeLine("The remaining allowance is unknown: \(error)")
        }
        guard !context.isJSON else {
            let used = rows.map { row -> JSON in
                [
                    "model": .string(row.model), "turns": .integer(row.turns), "input_tokens": .integer(row.input),
                    "output_tokens": .integer(row.output),
                ]
            }
            let keys = limited.map { Self.json($0.credential, tokensToday: $0.tokensToday) }
            return try context.print(
                .array(
                    used + clients.map(Self.json) + keys
                        + (allowance.map { Self.json($0.quota, of: $0.provider) } ?? [])))
        }
        if rows.isEmpty, clients.isEmpty { try context.errors.writeLine("No tokens have been used yet.") }
        let lines = TextTable.lines(
            rows.map { [$0.model, $0.turns.counted("turn"), "\($0.input) tokens in", "\($0.output) tokens out"] }
                + clients.map {
                    [
                        $0.model, "\($0.requests) requests", "\($0.input) tokens in", "\($0.output) tokens out",
                        "proxy, key \($0.client)",
                    ]
                })
        for line in lines { try context.print(line) }
        for (key, tokens) in limited {
            try context.print("key \(key.id) (\(key.name)): \(tokens) of \(key.tokensPerDay ?? 0) tokens today, in UTC")
        }
        for line in allowance?.quota?.lines ?? [] { try context.print(line) }
    }

    private func analytics(_ context: CommandContext, _ options: [String?]) async throws {
        let configuration = try context.loadConfiguration()
        let query: AnalyticsQuery
        do throws(AnalyticsQuery.Problem) {
            query = try AnalyticsQuery(
                from: options[1], to: options[2], by: options[0], zone: options[3], now: WallClock.now())
        } catch {
            throw CommandFailure("--\(error.parameter): \(error)", status: .usage)
        }
        let prices = configuration.analytics.prices
        let table = try await context.reading(configuration) { ledger in try ledger.analytics(query, prices: prices) }
        guard !context.isJSON else { return try context.print(table.json) }
        let rows = (table.items.map { ($0.key, $0.sums) } + [(["total"], table.totals)]).map { key, sums in
            key + Array(repeating: "", count: max(0, query.keys.count - key.count)) + [
                sums.turns.counted("turn"), "\(sums.failed) failed", "\(sums.tokens.input) tokens in",
                "\(sums.tokens.output) tokens out",
                "\(sums.thumbsUp) good", "\(sums.thumbsDown) bad",
                sums.estimate.map { "about \(Money.words($0, table.currency))" } ?? "cost unknown",
            ]
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }

    private static func json(_ quota: ModelQuota?, of provider: String) -> [JSON] {
        (quota?.allowances ?? []).map { item in
            [
                "allowance": .string(item.id), "name": .string(item.name), "provider": .string(provider),
                "plan": quota?.plan.map { .string($0) } ?? .null,
                "reset_date": quota?.resetDate.map { .string($0) } ?? .null, "unlimited": .bool(item.isUnlimited),
                "entitlement": Self.json(item.entitlement), "remaining": Self.json(item.remaining),
                "percent_remaining": Self.json(item.percentRemaining),
            ]
        }
    }

    private static func json(_ key: CredentialRecord, tokensToday: Int64) -> JSON {
        [
            "key": .string(key.id), "name": .string(key.name), "tokens_today": .integer(tokensToday),
            "tokens_per_day": key.tokensPerDay.map { .integer($0) } ?? .null,
        ]
    }

    private static func json(_ number: Double?) -> JSON { number.map { .number($0) } ?? .null }

    private static func json(_ usage: ProxyUsageRecord) -> JSON {
        [
            "model": .string(usage.model), "key": .string(usage.client), "requests": .integer(usage.requests),
            "input_tokens": .integer(usage.input), "output_tokens": .integer(usage.output),
        ]
    }
}
