internal import Attention
internal import Chat
internal import Delivery
package import Extensions
internal import JSON
internal import Logging
internal import Metrics
internal import Posts
internal import Primitives
internal import Store
internal import Threads

/// Asks owners about what extensions list.
extension Bridge {
    /// Asks about each list that waits and of which nobody was asked, and ends the asks about lists that were replaced.
    package func askAboutExtensions(_ desk: ExtensionDesk) async {
        do {
            let texts = try await desk.unasked()
            let isDue = try await self.store.read { ledger in try !Self.due(texts, in: ledger).isNothing }
            guard isDue else { return }
            let (notices, now, asks) = (self.notices, self.environment.now(), self.asks)
            let (written, ended, items) = try await self.store.write { ledger in
                try Self.write(texts, to: ledger, notices, asks, at: now)
            }
            await self.lanes.dispatch(items)
            for ask in ended {
                self.questions.end(ask.id)
                self.environment.metrics.count(.asks, ["kind": ask.kind.rawValue, "result": ask.resultLabel])
            }
            guard !written.isEmpty || !ended.isEmpty else { return }
            self.askChanges.note()
            if !written.isEmpty { self.notices.askWasStored() }
            guard self.store.held.contains(Place(of: ExtensionAsking.thread)) else { return }
            let conversation = self.conversations.conversation(for: ExtensionAsking.thread)
            for ask in written { await conversation.watch(ask) }
        } catch {
            self.environment.logger.warning(
                "owners could not be asked about an extension; trying again at the next check",
                ["error": .string("\(error)")])
        }
    }

    /// Shows owners the pages of sign-ins that servers need.
    package func ask(toOpen pages: [ExtensionSignInPage]) async {
        let (adapters, now) = (self.adapters, self.environment.now())
        for page in pages {
            let text = """
                \(EscapedText.markdown(page.text))

                <\(page.address)>

                For another page, run `jetbridge extensions check \(page.server)`.
                """
            do {
                let notice = try await self.store.write { ledger in
                    let session = try ExtensionAsking.session(in: ledger, at: now)
                    return try NoticeWriting(
                        session: session, text: text, role: .note, kind: .note, adapters: adapters, at: now
                    ).write(to: ledger)
                }
                await self.posts.show(notice)
            } catch {
                self.environment.logger.warning(
                    "owners could not be asked to sign in at an extension's server",
                    ["extension": .string(page.server), "error": .string("\(error)")])
            }
        }
    }

    private var asks: AskDesk { AskDesk(adapters: self.adapters, audit: self.environment.auditDecision) }

    private static func write(
        _ texts: [ExtensionDesk.Unasked], to ledger: Ledger, _ notices: AskNotices, _ desk: AskDesk, at now: Int64
    ) throws -> (written: [AskRecord], ended: [AskRecord], items: [OutboxItem]) {
        var (written, ended, items) = ([AskRecord](), [AskRecord](), [OutboxItem]())
        let due = try Self.due(texts, in: ledger)
        for ask in due.replaced {
            let (ask, shown) = try desk.end(ask, as: .expired, by: nil, in: ledger, at: now)
            ended.append(ask)
            items += shown
        }
        for text in due.unasked {
            let ask = try ExtensionAsking(
                text.name, digest: text.digest, text: text.markdown, notices: notices, at: now
            ).write(to: ledger)
            try ledger.setAsk(ask.id, ofExtension: text.name, digest: text.digest)
            written.append(ask)
        }
        return (written, ended, items)
    }

    private struct Due {
        /// Open asks about lists that don't wait any more.
        let replaced: [AskRecord]
        let unasked: [ExtensionDesk.Unasked]

        var isNothing: Bool { self.replaced.isEmpty && self.unasked.isEmpty }
    }

    /// What is left to do, because another host may have asked.
    private static func due(_ texts: [ExtensionDesk.Unasked], in ledger: Ledger) throws -> Due {
        let open = try ledger.session(for: ExtensionAsking.thread).map { try ledger.openAsks(of: $0.id) } ?? []
        let waiting = try ledger.extensionLists().filter { $0.state == .waiting }
        return Due(
            replaced: open.filter { ask in ask.kind == .extension && !waiting.contains { $0.ask == ask.id } },
            unasked: texts.filter { text in
                let record = waiting.first { $0.server == text.name && $0.digest == text.digest }
                return record.map { record in !open.contains { $0.id == record.ask } } ?? false
            })
    }
}
