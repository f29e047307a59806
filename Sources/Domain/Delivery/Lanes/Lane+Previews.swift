internal import Chat
internal import EventLoop
internal import Logging
internal import Metrics
internal import Store
internal import Threads

/// Growing answers in a room where messages can be edited, or drafts shown.
///
/// A preview is only cosmetic until its first message is posted: the final text then replaces that message through its
/// outbox entry. A draft stays cosmetic: it shows the last message of the answer, while full messages before it are
/// posted, so that little is left for the end. Previews never delay the queue, and a newer state replaces an unsent
/// older one.
extension Lane {
    /// Shows the current `answer` as soon as the room's edit interval allows.
    func show(
        _ answer: [UInt8], dividedAt divisions: AnswerDivisions = AnswerDivisions(), of turn: TurnRecord,
        rendering poster: AnswerPoster
    ) {
        if self.previews[turn.id] == nil {
            let patience = max(Preview.patience, self.traits.previewDelay)
            let keepsMessages = self.traits.capabilities.contains(.lastingIDs)
            self.previews[turn.id] = Preview(
                turn: turn.id, session: turn.session,
                route: turn.route.moved(to: self.room, keepsMessages: keepsMessages), poster: poster,
                draft: self.hasDrafts ? Identifier.make("m") : nil, due: .now + patience,
                wordsDue: self.traits.capabilities.contains(.quiet) ? nil : .now + max(patience, Preview.wordsTime))
        }
        self.previews[turn.id]?.answer = answer
        self.previews[turn.id]?.divisions = divisions
        // The poster of a command's output has the lines to show.
        if poster.output != nil { self.previews[turn.id]?.poster = poster }
        self.previews[turn.id]?.isStale = true
        self.start()
    }

    private var hasDrafts: Bool {
        self.adapter is any DraftingAdapter && self.traits.capabilities.contains(.drafts)
    }

    /// Ends a turn's preview. Returns whether a message of it may be in the room.
    func endPreview(of turn: String) async -> Bool {
        self.state.beginClosing(of: turn)
        let preview = self.previews.removeValue(forKey: turn)
        let hasMessage = preview.map { !$0.items.isEmpty || $0.isHalted } ?? false || self.previewWaiters != nil
        if self.previews.isEmpty { self.previewTimer = nil }
        // A step that is being sent has to be recorded before the final text looks for its message.
        while self.previewWaiters != nil {
            await withCheckedContinuation { self.previewWaiters?.append($0) }
        }
        return hasMessage
    }

    /// The last messages of a turn are in the queue.
    func endClosing(of turn: String) {
        self.state.endClosing(of: turn)
        self.wakeHolding()
    }

    /// Posts what a turn has said before another message of it, which would otherwise appear above: the text of a draft,
    /// and before a question, a commit or a file also the first words of a growing message. False when that message has
    /// to be looked at again: the network refused the text for now, or the turn has ended in the meantime.
    func settlePreview(before item: OutboxItem) async -> Bool {
        guard let turn = item.turn, let first = self.previews[turn] else { return true }
        guard first.draft != nil || item.dividesAnswer else { return true }
        self.previews[turn]?.render()
        guard self.previews[turn]?.wanted.isEmpty == false else { return true }
        self.previews[turn]?.leaveDraft()
        while let preview = self.previews[turn], preview.nextPost(above: item) != nil, !preview.isHalted,
            self.refusals.reason(for: preview.route) == nil
        {
            await self.waitForPace()
            guard let ready = self.previews[turn], let step = ready.nextPost(above: item) else { break }
            // Its text stays in the room, so it is not held back as a preview may be.
            let error = await self.take(step, of: ready, as: .final)
            guard let shown = self.previews[turn]?.shown.count else { break }
            if shown > preview.shown.count { continue }
            guard let error, error.code == .rateLimited else { return true }
            // A network's own throttling has blocked the lane already.
            self.state.pace.block(for: error.retryAfter ?? .seconds(1), at: .now)
            return false
        }
        return self.previews[turn] != nil
    }

    /// Performs the most overdue step of any preview. False when none is due; a timer then starts the lane in time for
    /// the next one.
    func showPreview() async -> Bool {
        guard let (turn, due) = self.nextPreview, var preview = self.previews[turn] else { return false }
        let now = ContinuousClock.now
        guard due <= now else {
            self.callAgain(at: due)
            return false
        }
        // The room no longer accepts drafts: the answer continues as a growing message.
        if preview.draft != nil, !self.hasDrafts { preview.leaveDraft() }
        preview.render()
        self.previews[turn] = preview
        // The rendered text may be what is already shown.
        guard let step = preview.next(at: now) else { return true }
        if case .post = step {
            if let free = self.state.pace.nextPost(in: self.traits, at: now), free > now {
                self.previews[turn]?.due = free
                return true
            }
            self.state.pace.post(in: self.traits, at: .now)
        }
        await self.take(step, of: preview)
        return true
    }

    /// Returns why the network refused it.
    @discardableResult
    private func take(
        _ step: Preview.Step, of preview: Preview, as stage: OutgoingMessage.Stage = .preview
    ) async -> AdapterError? {
        self.previewWaiters = []
        let error = await self.perform(step, of: preview, as: stage)
        for waiter in self.previewWaiters.take() ?? [] { waiter.resume() }
        return error
    }

    private var nextPreview: (turn: String, due: ContinuousClock.Instant)? {
        let paceFree = self.state.pace.nextPost(in: self.traits, at: .now)
        return self.previews.compactMap { turn, preview -> (String, ContinuousClock.Instant)? in
            guard let due = preview.nextDue, self.refusals.reason(for: preview.route) == nil else { return nil }
            // Drafts and edits are not posts. A preview never waits in the lane for the room's pace, because a final
            // text may arrive.
            guard preview.draft == nil, preview.items.isEmpty, let paceFree else { return (turn, due) }
            return (turn, max(due, paceFree))
        }.min { $0.1 < $1.1 }
    }

    private func callAgain(at due: ContinuousClock.Instant) {
        if let earlier = self.previewTimer, earlier.due <= due { return }
        self.previewTimer = (due, Alarm(after: due - .now) { [weak self] in await self?.previewIsDue() })
    }

    private func previewIsDue() {
        self.previewTimer = nil
        self.start()
    }

    private func perform(
        _ step: Preview.Step, of preview: Preview, as stage: OutgoingMessage.Stage
    ) async -> AdapterError? {
        let interval = self.traits.editInterval
        let labels = ["adapter": self.adapter.id.rawValue, "kind": preview.draft == nil ? "preview" : "draft"]
        let returns = self.returns
        do {
            var item: OutboxItem?
            switch step {
            case .post(let text): item = try await self.post(text, of: preview, as: stage)
            case .edit(let index, let text): try await self.edit(index, text, of: preview)
            case .draft(let text): try await self.draft(text, of: preview)
            }
            self.environment.metrics.count(.outbound, labels.merging(["result": "sent"]) { $1 })
            switch step {
            case .post(let text): if let item { self.noteShown(text, in: item, of: preview.turn) }
            case .edit(let index, let text): self.noteShown(text, in: preview.items[index], of: preview.turn)
            case .draft: break
            }
            self.previews[preview.turn]?.did(step, item: item, at: .now, interval: interval)
        } catch let error as AdapterError {
            self.environment.metrics.count(.outbound, labels.merging(["result": error.code.rawValue]) { $1 })
            if error.code == .rateLimited, !error.isOwnPace {
                // The platform throttles the whole room, so the final text has to wait as well. An adapter that holds a
                // preview back may do so to leave room for that text.
                self.countRefusal(error)
                self.state.pace.block(for: error.retryAfter ?? max(interval, .seconds(5)), at: .now)
            }
            if error.isOfRoom {
                // Since then it may have returned.
                if self.returns == returns { self.note(error, in: preview.route) }
            } else if case .edit = step, [.notFound, .uneditable].contains(error.code) {
                // Its message is gone, or stays as it is.
                self.previews[preview.turn]?.isHalted = true
            }
            self.previews[preview.turn]?.due = .now + max(error.retryAfter ?? interval, interval)
            return error
        } catch {
            self.previews[preview.turn]?.isHalted = true
        }
        return nil
    }

    private func post(
        _ text: String, of preview: Preview, as stage: OutgoingMessage.Stage
    ) async throws -> OutboxItem {
        let now = self.environment.now()
        var item = try await self.persistently { ledger in
            let item = try ledger.insertOutbox(
                session: preview.session, turn: preview.turn, kind: .preview, route: preview.route, text: text, at: now)
            try ledger.setOutbox(item.id, .sending, at: now)
            return item
        }
        let reference: MessageReference
        do {
            try self.checkMayPost()
            let message = OutgoingMessage(text: text, route: preview.route, token: item.token, stage: stage)
            reference = try await self.posting("post", "preview", of: preview.turn) {
                try await self.adapter.post(message)
            }
        } catch {
            let isCertain = (error as? AdapterError)?.isCertain ?? false
            try await self.persistently { [item] ledger in
                try ledger.setOutbox(item.id, isCertain ? .dropped : .failed, error: "\(error)", at: now)
            }
            // Another post could be an unmarked duplicate. The final text takes over this entry, as unknown.
            if !isCertain { self.previews[preview.turn]?.isHalted = true }
            throw error
        }
        item.reference = reference.id
        self.state.pace.touch(reference.id, in: self.traits, at: .now)
        // If the room was renamed in between, no final text replaces this message.
        let state: OutboxItem.State = self.isHandedOver ? .dropped : .live
        try await self.persistently { [item] ledger in
            try ledger.setOutbox(item.id, state, reference: item.reference, at: now)
        }
        return item
    }

    private func edit(_ index: Int, _ text: String, of preview: Preview) async throws {
        guard let editing = self.adapter as? any EditingAdapter, let id = preview.items[index].reference else { return }
        self.state.pace.touch(id, in: self.traits, at: .now)
        try self.checkMayPost()
        let message = OutgoingMessage(
            text: text, route: preview.route, token: preview.items[index].token, stage: .preview)
        try await self.posting("edit", "preview", of: preview.turn) {
            try await editing.replace(MessageReference(room: preview.route.room, id: id), with: message)
        }
        self.state.pace.touch(id, in: self.traits, at: .now)
    }

    private func draft(_ text: String, of preview: Preview) async throws {
        guard let drafting = self.adapter as? any DraftingAdapter, let token = preview.draftToken else { return }
        try self.checkMayPost()
        try await drafting.draft(
            OutgoingMessage(text: text, route: preview.route, token: token, stage: .preview))
    }
}
