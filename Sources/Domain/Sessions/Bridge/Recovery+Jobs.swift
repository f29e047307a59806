internal import Chat

/// Jobs of the last run: their processes ended with it.
extension Recovery {
    /// Marks them as interrupted and reports those that ran beside the turns; a turn reports its own command.
    func endJobs(in ledger: Ledger) throws {
        let now = self.environment.now()
        for record in try ledger.runningJobs() {
            let job = record.job
            try ledger.endJob(
                job.id, of: job.session, .interrupted, ending: TurnTexts.interruptedEnding, hasChanges: true, at: now)
            guard job.isBackground, let session = try ledger.session(id: job.session) else { continue }
            let text = TurnTexts.jobInterrupted(job)
            try ledger.insertMessage(session: session.id, turn: job.turn, role: .note, text: text, at: now)
            let renderer = self.adapters[session.route.room.adapter]?.renderer ?? PlainRenderer()
            let poster = AnswerPoster(traits: self.adapters.traits(of: session.route.room), renderer: renderer)
            for message in poster.messages(for: text) {
                _ = try ledger.insertOutbox(
                    session: session.id, turn: job.turn, kind: .note, route: session.route, text: message, at: now)
            }
        }
    }
}
