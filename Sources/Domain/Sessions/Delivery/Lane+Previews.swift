internal import Chat
internal import Logging

/// Growing answers in a room where messages can be edited.
///
/// A preview is decoration until its first message stands in the room: the outbox entry of that message, with the
/// platform's id, is what the final text replaces. Previews never hold up the queue, and a newer state overwrites an
/// unsent older one.
extension Lane {
    /// Shows `answer` as it stands now, as soon as the room's edit interval allows.
    func show(_ answer: [UInt8], of turn: TurnRecord, rendering poster: AnswerPoster) {
        if self.previews[turn.id] == nil {
            self.previews[turn.id] = Preview(
                turn: turn.id, session: turn.session, route: turn.route.moved(to: self.room), poster: poster,
                answer: [], due: .now)
        }
        self.previews[turn.id]?.answer = answer
        self.previews[turn.id]?.isStale = true
        self.start()
    }

    /// Stops showing a turn's preview, for good.
    func endPreview(of turn: String) async {
        self.previews[turn] = nil
        // A step that is on its way has to be recorded before the final text looks for its message.
        while self.isShowingPreview {
            await withCheckedContinuation { self.previewWaiters.append($0) }
        }
    }

    /// Does one due step of one preview. False when there is none; then the lane is called again when one is due.
    func showPreview() async -> Bool {
        let now = ContinuousClock.now
        let behind = self.previews.values.filter(\.isBehind)
        for var preview in behind where preview.due <= now {
            preview.render()
            self.previews[preview.turn] = preview
            guard let step = preview.next else { continue }
            self.isShowingPreview = true
            await self.pace()
            await self.perform(step, of: preview)
            self.isShowingPreview = false
            for waiter in self.previewWaiters { waiter.resume() }
            self.previewWaiters = []
            return true
        }
        if let due = behind.filter({ $0.due > now }).map(\.due).min() { self.callAgain(at: due) }
        return false
    }

    private func callAgain(at due: ContinuousClock.Instant) {
        guard self.previewTimer == nil else { return }
        // One at a time, and it ends by itself.
        self.previewTimer = Task {
            try? await Task.sleep(until: due, clock: .continuous)
            self.previewTimer = nil
            self.start()
        }
    }

    private func perform(_ step: Preview.Step, of preview: Preview) async {
        let interval = self.adapter.traits(of: self.room).editInterval
        do {
            switch step {
            case .post(let text): try await self.post(text, of: preview)
            case .edit(let index, let text): try await self.edit(index, text, of: preview)
            }
            self.environment.metrics.count(
                "outbound", ["adapter": self.adapter.id.rawValue, "kind": "preview", "result": "sent"])
            self.previews[preview.turn]?.due = .now + interval
        } catch let error as AdapterError {
            if error.code == .rateLimited {
                self.environment.metrics.count("rate_limited", ["adapter": self.adapter.id.rawValue])
            }
            self.previews[preview.turn]?.due = .now + max(error.retryAfter ?? interval, interval)
        } catch {
            self.previews[preview.turn]?.isHalted = true
        }
    }

    private func post(_ text: String, of preview: Preview) async throws {
        let now = self.environment.now()
        var item = await self.persistently { ledger in
            let item = try ledger.insertOutbox(
                session: preview.session, turn: preview.turn, kind: .preview, route: preview.route, text: text, at: now)
            try ledger.setOutbox(item.id, .sending, at: now)
            return item
        }
        let reference: MessageReference
        do {
            reference = try await self.adapter.post(
                OutgoingMessage(text: text, route: preview.route, token: item.token))
        } catch {
            let isCertain = (error as? AdapterError)?.isCertain ?? false
            await self.persistently { [item] ledger in
                try ledger.setOutbox(item.id, isCertain ? .dropped : .failed, error: "\(error)", at: now)
            }
            // Another post would be a second message without a mark. The final text takes this one's entry, as unknown.
            if !isCertain { self.previews[preview.turn]?.isHalted = true }
            throw error
        }
        item.reference = reference.id
        await self.persistently { [item] ledger in
            try ledger.setOutbox(item.id, .live, reference: item.reference, at: now)
        }
        self.previews[preview.turn]?.items.append(item)
        self.previews[preview.turn]?.shown.append(text)
    }

    private func edit(_ index: Int, _ text: String, of preview: Preview) async throws {
        guard let editing = self.adapter as? any EditingAdapter, let id = preview.items[index].reference else { return }
        try await editing.replace(
            MessageReference(room: preview.route.room, id: id),
            with: OutgoingMessage(text: text, route: preview.route, token: preview.items[index].token))
        self.previews[preview.turn]?.shown[index] = text
    }
}
