internal import Chat
internal import JSON
internal import Logging

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

    func run(_ shown: OutputComposerTail, from start: Int) async {
        var (shown, position) = (shown, start)
        var ending: String?
        while ending == nil, !Task.isCancelled {
            let text = JobTexts.followed(self.job, shown.markdown, ending: nil, sign: self.sign)
            await self.context.lanes.preview(Array(text.utf8), of: self.turn, rendering: self.poster)
            do {
                let progress = try await self.desk.progress(
                    of: self.job.id, in: self.job.session, after: position, isWaiting: true)
                for output in progress.output {
                    let kind: LiveFrame.Kind = output.stream == .standardError ? .errorOutput : .execution
                    await self.context.hub.append(kind, output.text, to: self.turn.id)
                }
                shown.append(progress.output)
                position = progress.position
                ending = progress.ending
            } catch { break }
        }
        await self.finish(JobTexts.followed(self.job, shown.markdown, ending: ending, sign: self.sign))
    }

    private func finish(_ text: String) async {
        let turn = self.turn
        let now = self.context.environment.now()
        let messages = self.poster.messages(for: text)
        let frames = await self.context.hub.close(turn.id, with: .complete, text)
        _ = await self.context.lanes.endPreview(of: turn)
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
