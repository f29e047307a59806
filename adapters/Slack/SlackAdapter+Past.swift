package import Chat
internal import JSON
internal import Primitives

/// What was said in a thread or channel: Slack keeps it, and is asked.
extension SlackAdapter: RoomHistory {
    /// Of a thread, whose oldest messages come first; of these pages only the newest messages are kept.
    private static let pageLimit = 5
    private static let pageSize = 999
    /// How long the messages wait for names.
    private static let pastNamePatience = Duration.milliseconds(400)

    /// A question that begins its thread continues what its channel has just talked about.
    private static let roomReach: Int64 = 3_600_000
    private static let roomLimit = 20

    package func past(of query: PastQuery) async throws -> RoomPast {
        guard let reader = self.reader, self.status.state == .up else {
            throw AdapterError(.disconnected, "not connected to Slack")
        }
        let channel = query.route.room.name
        let root = query.route.anchor.flatMap { $0 == query.before?.id ? nil : $0 }
        do {
            let (found, isWhole) =
                if let root { try await self.thread(root, of: query) } else { (try await self.room(of: query), true) }
            let ids = found.reversed().flatMap { message in
                [SlackReader.id(message["user"])].compactMap(\.self) + reader.unnamed(in: message)
            }
            let names = await self.names(of: ids, within: Self.pastNamePatience)
            let messages = found.flatMap { message in
                let isRoot = SlackReader.timestamp(message["ts"]) == root
                return reader.said(message, as: isRoot ? .root : .said, in: channel, names: names)
            }
            return RoomPast(
                messages: messages,
                missing: isWhole ? nil : "the newest messages of the thread: it has too many to read them all")
        } catch let failure as SlackFailure where failure.code == "thread_not_found" {
            return RoomPast()
        } catch let failure as SlackFailure where failure.isUnreadable {
            return RoomPast(missing: "the \(root == nil ? "channel" : "thread")'s messages: \(failure.message)")
        } catch {
            throw Self.adapterError(error)
        }
    }

    /// The root, if the query wants it, and the newest of the thread's messages, oldest first.
    private func thread(_ root: String, of query: PastQuery) async throws -> (messages: [JSON], isWhole: Bool) {
        var arguments = Self.arguments(query, since: query.since)
        arguments["ts"] = .string(root)
        var (first, newest): (JSON?, [JSON]) = (nil, [])
        var (size, isWhole) = (Self.pageSize, false)
        for _ in 0..<Self.pageLimit {
            arguments["limit"] = .string("\(size)")
            let answer: JSON
            do {
                answer = try await self.call(.replies, arguments, for: .preview)
            } catch let failure as SlackFailure where failure.code == SlackFailure.tooLarge && size > 1 {
                size /= 8
                continue
            }
            for message in answer["messages"]?.arrayValue ?? [] {
                // The root comes with each page.
                if SlackReader.timestamp(message["ts"]) == root { first = message } else { newest.append(message) }
            }
            newest = Self.newest(newest, of: query)
            isWhole = !Self.turnPage(&arguments, after: answer)
            if isWhole { break }
        }
        return ([query.after == nil ? first : nil].compactMap(\.self) + newest, isWhole)
    }

    /// The channel's newest messages outside of threads, oldest first.
    private func room(of query: PastQuery) async throws -> [JSON] {
        var (since, limit) = (query.since, query.limit)
        if query.route.anchor != nil {
            since = max(since, (query.before.flatMap { SlackTimestamp.milliseconds($0.id) } ?? 0) - Self.roomReach)
            limit = min(limit, Self.roomLimit)
        }
        var arguments = Self.arguments(query, since: since)
        // Some are only notes about the channel.
        arguments["limit"] = .string("\(min(limit + 20, Self.pageSize))")
        let answer = try await self.call(.history, arguments, for: .preview)
        return Array(Self.newest(answer["messages"]?.arrayValue ?? [], of: query).suffix(limit))
    }

    private static func arguments(_ query: PastQuery, since: Int64) -> JSONObject {
        var oldest = SlackTimestamp.text(milliseconds: max(0, since))
        if let after = query.after?.id, SlackTimestamp.isValid(after), SlackTimestamp.isEarlier(oldest, after) {
            oldest = after
        }
        var arguments: JSONObject = [
            "channel": .string(query.route.room.name), "oldest": .string(oldest), "inclusive": "false",
        ]
        if let before = query.before?.id, SlackTimestamp.isValid(before) { arguments["latest"] = .string(before) }
        return arguments
    }

    /// The newest of what was said between the query's limits, oldest first, whatever Slack returned.
    private static func newest(_ messages: [JSON], of query: PastQuery) -> [JSON] {
        let (after, before) = (query.after?.id, query.before?.id)
        var dated: [(ts: String, message: JSON)] = []
        for message in messages where SlackReader.isSaid(message) {
            guard let ts = SlackReader.timestamp(message["ts"]),
                before.map({ SlackTimestamp.isEarlier(ts, $0) }) ?? true,
                after.map({ SlackTimestamp.isEarlier($0, ts) }) ?? true
            else { continue }
            dated.append((ts, message))
        }
        dated.sort { SlackTimestamp.isEarlier($0.ts, $1.ts) }
        return dated.suffix(max(0, query.limit)).map(\.message)
    }
}
