internal import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Reads what people wrote while the bot was away: Slack redelivers events only for some minutes.
extension SlackAdapter {
    /// In milliseconds; no one expects an answer to anything older.
    private static let reach: Int64 = 7 * 86_400_000
    /// In milliseconds: covers what was in transit when the connection ended.
    private static let overlap: Int64 = 60_000
    private static let channelLimit = 200
    private static let pageLimit = 5
    private static let pageSize = 200
    /// The most calls for a channel or a thread: more than pages, because long messages come in smaller ones.
    private static let callLimit = 20
    /// The channels that may fail before the others wait for the next try as well.
    private static let failureLimit = 10

    private struct Unstored: Error, CustomStringConvertible {
        let description = "they could not be stored"
    }

    /// A channel to read.
    struct Gap: Sendable {
        var channel: String
        var isDirect: Bool
    }

    /// Retries after a growing delay until it succeeds, or the next connection begins another one.
    func catchUp() async {
        let number = self.state.withLock { $0.seen.catchUps }
        var pause = Self.firstPause
        while !(await self.readMissed(number)) {
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause = min(pause * 2, Self.longestPause)
            guard self.state.withLock({ $0.seen.isUnderWay(number) }) else { return }
        }
    }

    /// Throws when the next connection has begun another one.
    private func check(_ number: Int) throws {
        guard self.state.withLock({ $0.seen.isUnderWay(number) }) else { throw CancellationError() }
    }

    private static let firstPause = Duration.seconds(30)
    private static let longestPause = Duration.seconds(600)

    /// False if it failed and may succeed later.
    private func readMissed(_ number: Int) async -> Bool {
        let now = self.now.wall
        let (seen, threads) = self.state.withLock { ($0.seen.memory.seen, $0.seen.memory.threads) }
        do {
            if let seen {
                let since = max(seen - Self.overlap, now - Self.reach)
                try await self.fetch(
                    since: SlackTimestamp.text(milliseconds: since),
                    threads: threads.filter { $0.last > now - Self.reach }, number)
            }
            // Saved at once: a process killed in its first seconds also misses messages.
            if self.state.withLock({ $0.seen.end(number, at: now) }) { await self.keepMemory() }
        } catch let failure as SlackFailure where failure.isMissingFeature {
            self.state.withLock { $0.seen.skip(number) }
            self.logger.warning(
                "Messages missed while offline cannot be read", ["reason": .string(failure.message)])
        } catch is CancellationError {
            return true
        } catch {
            // Nothing counts as seen until a later try succeeds, from the same point.
            self.logger.warning(
                "Messages missed while offline were not read; retrying", ["reason": .string("\(error)")])
            return false
        }
        return true
    }

    private func fetch(since oldest: String, threads: [SlackMemory.Thread], _ number: Int) async throws {
        guard let bot = self.reader?.bot else { throw Unstored() }
        var missed = SlackMissedThreads()
        var count = 0
        var failures: [SlackFailure] = []
        for gap in try await self.memberships() where failures.count < Self.failureLimit {
            try self.check(number)
            do {
                let messages = try await self.pages(.history, gap.channel, root: nil, since: oldest)
                count += try await self.enqueue(messages, of: gap)
                missed.add(
                    messages, in: gap.channel, isDirect: gap.isDirect,
                    known: threads.filter { $0.channel == gap.channel }.map(\.root), bot: bot)
            } catch let failure as SlackFailure where !failure.isRateLimit && !failure.isAboutToken {
                // The other channels need not wait for this one.
                failures.append(failure)
            }
        }
        // After all channels, so that many threads of one don't hold up the messages of the others.
        let (chosen, leftOut) = missed.chosen
        var failed: Set<String> = []
        for thread in chosen where failures.count < Self.failureLimit && !failed.contains(thread.channel) {
            try self.check(number)
            do {
                let replies = try await self.pages(.replies, thread.channel, root: thread.root, since: oldest)
                count += try await self.enqueue(
                    replies, of: Gap(channel: thread.channel, isDirect: thread.isDirect))
            } catch let failure as SlackFailure where !failure.isRateLimit && !failure.isAboutToken {
                failures.append(failure)
                failed.insert(thread.channel)
            }
        }
        if leftOut > 0 {
            self.logger.warning(
                "Too many threads began while offline; replies in some were not read",
                ["threads": .integer(Int64(leftOut))])
        }
        if count > 0 { self.logger.info("Messages missed while offline were read", ["count": .integer(Int64(count))]) }
        // What may succeed later counts more than what the app may not read.
        if let failure = failures.first(where: { !$0.isMissingFeature }) ?? failures.first { throw failure }
    }

    /// The bot's channels, direct messages first.
    private func memberships() async throws -> [Gap] {
        var arguments: JSONObject = [
            "types": "public_channel,private_channel,mpim,im", "exclude_archived": "true", "limit": "200",
        ]
        var gaps: [Gap] = []
        for _ in 0..<Self.pageLimit {
            let answer = try await self.callPatiently(.memberships, arguments)
            for channel in answer["channels"]?.arrayValue ?? [] {
                guard let id = SlackReader.id(channel["id"]) else { continue }
                let isDirect = channel["is_im"]?.boolValue == true
                gaps.append(Gap(channel: id, isDirect: isDirect))
                if !isDirect, let name = channel["name"]?.stringValue {
                    self.state.withLock { $0.people.learn(name, of: id) }
                }
            }
            guard Self.turnPage(&arguments, after: answer) else { break }
        }
        return Array((gaps.filter(\.isDirect) + gaps.filter { !$0.isDirect }).prefix(Self.channelLimit))
    }

    /// A channel's or a thread's messages, oldest first.
    private func pages(_ method: SlackMethod, _ channel: String, root: String?, since oldest: String) async throws
        -> [JSON]
    {
        var arguments: JSONObject = ["channel": .string(channel), "oldest": .string(oldest)]
        if let root { arguments["ts"] = .string(root) }
        var messages: [JSON] = []
        var size = Self.pageSize
        do {
            for _ in 0..<Self.callLimit where messages.count < Self.pageLimit * Self.pageSize {
                arguments["limit"] = .string("\(size)")
                let answer: JSON
                do {
                    answer = try await self.callPatiently(method, arguments)
                } catch let failure as SlackFailure where failure.code == SlackFailure.tooLarge && size > 1 {
                    size /= 2
                    continue
                }
                messages += answer["messages"]?.arrayValue ?? []
                guard Self.turnPage(&arguments, after: answer) else { break }
            }
        } catch let failure as SlackFailure where failure.code == SlackFailure.tooLarge {
            // Nothing says where the message after this one is.
            self.logger.warning(
                "A missed message is too large to be read, and the rest of its channel or thread is left out",
                ["channel": .string(channel), "reason": .string(failure.message)])
        } catch let failure as SlackFailure
            where failure.isCertain && !failure.isRateLimit && !failure.isMissingFeature
            && failure.code != "unreachable"
        {
            // The channel or thread is gone.
            self.logger.debug(
                "A channel or thread could not be read", ["channel": .string(channel), "reason": .string(failure.code)])
        }
        let dated = messages.compactMap { message in SlackReader.timestamp(message["ts"]).map { ($0, message) } }
        return dated.filter { !SlackTimestamp.isEarlier($0.0, oldest) }
            .sorted { SlackTimestamp.isEarlier($0.0, $1.0) }.map(\.1)
    }

    /// Puts people's messages into the channel's queue and waits until they are stored; returns their count. Throws if some
    /// were not: Slack does not send them again.
    func enqueue(_ messages: [JSON], of gap: Gap, isBacklog: Bool = true) async throws -> Int {
        guard let reader = self.reader else { return 0 }
        func read(_ message: JSON, _ names: [String: String] = [:]) -> InboundMessage? {
            reader.message(
                message, in: gap.channel, team: reader.bot.team, isDirect: gap.isDirect, names: names,
                isBacklog: isBacklog)
        }
        let ids = messages.filter { read($0)?.needsNames == true }.flatMap { reader.unnamed(in: $0) }
        let names = await self.names(of: ids)
        var items: [SlackReader.Item] = []
        for message in messages {
            guard let message = read(message, names), let ts = message.route.replyTo else { continue }
            items.append(.message(message, id: SlackReader.messageID(gap.channel, ts)))
        }
        guard !items.isEmpty else { return 0 }
        let count = items.count
        let isStored = await withCheckedContinuation { continuation in
            let job = SlackDeliveryQueue.Job(items: items) { isStored, _ in continuation.resume(returning: isStored) }
            if !self.queue(ofChannel: gap.channel).append(job) { continuation.resume(returning: false) }
        }
        guard isStored else { throw Unstored() }
        return count
    }
}
