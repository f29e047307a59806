internal import Chat
internal import Delivery
internal import JSON
internal import Logging
internal import Store
internal import Threads

/// Shows a running job of a thread in one message until the job ends or the task is cancelled.
struct JobFollower {
    let conversation: Conversation
    let context: ConversationContext
    let job: Job
    /// The message's operation.
    let turn: TurnRecord
    let desk: any CommandDesk
    let poster: AnswerPoster
    let sign: CommandSign

    /// In bytes, of what a job has written so far: live frames begin with its end.
    private static let recent = 64 << 10

    /// - Parameters:
    ///   - shown: the tail of `first`, which the job had written before `start`.
    func run(_ shown: OutputComposerTail, _ first: [CommandOutput], from start: Int) async {
        var (shown, position, room) = (shown, start, Self.recent)
        let recent = first.reversed().prefix { output in
            room -= output.text.utf8.count
            return room >= 0
        }
        for output in recent.reversed() { await self.show(output) }
        var ending: String?
        while ending == nil, !Task.isCancelled {
            if self.poster.isGrowing {
                let text = JobTexts.followed(self.job, shown.markdown, ending: nil, sign: self.sign)
                await self.context.lanes.preview(Array(text.utf8), of: self.turn, rendering: self.poster)
            }
            do {
                let progress = try await self.desk.progress(
                    of: self.job.id, in: self.job.session, after: position, isWaiting: true)
                for output in progress.output { await self.show(output) }
                shown.append(progress.output)
                position = progress.position
                ending = progress.ending
            } catch { break }
        }
        await self.finish(JobTexts.followed(self.job, shown.markdown, ending: ending, sign: self.sign))
    }

    private func show(_ output: CommandOutput) async {
        let kind: LiveFrame.Kind = output.stream == .standardError ? .errorOutput : .execution
        await self.context.hub.append(kind, output.text, to: self.turn.id)
    }

    private func finish(_ text: String) async {
        let turn = self.turn
        let now = self.context.environment.now()
        let messages = self.poster.isGrowing ? self.poster.messages(for: text) : []
        let frames = await self.context.hub.close(turn.id, with: .complete, text)
        if self.poster.isGrowing { _ = await self.context.lanes.endPreview(of: turn) }
        do {
            let items = try await self.conversation.retrying { ledger in
                try ledger.insert(frames)
                try ledger.insertMessage(session: turn.session, turn: turn.id, role: .note, text: text, at: now)
                let (finals, surplus) = try ledger.finishPreviews(ofTurn: turn.id, with: messages, surplus: .kept)
                let rest = try messages.dropFirst(finals.count).map {
                    try ledger.insertOutbox(
                        session: turn.session, turn: turn.id, kind: .final, route: turn.route, text: $0, at: now)
                }
                return finals + surplus + rest
            }
            await self.context.lanes.dispatch(items)
        } catch is PlaceLost {
            return
        } catch {
            self.context.environment.logger.error(
                "the end of a followed job cannot be stored",
                ["turn": .string(turn.id), "error": .string("\(error)")])
        }
        await self.context.hub.publish(frames)
    }
}
