internal import Crypto
internal import EventLoop
internal import Glibc
internal import JSON
internal import Lifecycle
internal import Logging
internal import Models
internal import Primitives
internal import Processes

/// For programs without a server mode: one process per answer.
extension CopilotCLIClient {
    @Net func answerOnce(
        _ prompt: CopilotCLIPrompt, model: String, until deadline: LoopInstant, to channel: ModelEventChannel
    ) async throws {
        try await self.pool.withPlace { launch in
            let process: Process
            do throws(ProcessError) {
                process = try Process.spawn(launch.oneShot(model: model))
            } catch {
                throw CopilotCLIFailure.notStarted(error)
            }
            let logger = self.logger.with(["pid": .integer(Int64(process.id)), "model": .string(model)])
            logger.info("process started", ["mode": "once"])
            let started = EventLoop.shared.now
            do {
                try await self.converse(with: process, prompt, model, until: deadline, logger, channel)
            } catch {
                // `stop` includes child processes, so kill the whole group at once.
                process.signal(SIGKILL)
                await withGrace(.seconds(2)) { @Net in _ = await process.stop(patience: .zero, grace: .zero) }
                self.logEnd(process, since: started, logger)
                throw error
            }
            self.logEnd(process, since: started, logger)
        }
    }

    @Net private func logEnd(_ process: Process, since started: LoopInstant, _ logger: Logger) {
        logger.info(
            "process ended",
            [
                "end": .string(process.status.map { "\($0)" } ?? "unknown"),
                "seconds": .number(started.duration(to: EventLoop.shared.now).inSeconds),
            ])
    }

    @Net private func converse(
        with process: Process, _ prompt: CopilotCLIPrompt, _ model: String, until deadline: LoopInstant,
        _ logger: Logger, _ channel: ModelEventChannel
    ) async throws {
        let errors = CopilotCLIErrorLines(logger: logger)
        // Unstructured: reads to the end of the process, which `answerOnce` ensures in every case.
        let listening = Task(name: "copilot-cli errors") { @Net in await errors.read(process.errorOutput) }
        // Unstructured: a program that does not read must not delay the end of the answer.
        let feeding = Task(name: "copilot-cli input") { @Net in
            // If the program ends early, its status says why.
            try? await process.input.write(Array(prompt.joined.utf8))
            process.input.close()
        }
        defer { feeding.cancel() }
        let request = CopilotCLIRequest(
            session: "once", model: model, prompt: prompt, endpoint: self.settings.endpoint, directory: "")
        var reader = CopilotCLIOneShot(request)
        let inbox = CopilotCLIOutput(process.output)
        while true {
            let remaining = EventLoop.shared.now.duration(to: deadline)
            let patience = max(.milliseconds(1), min(remaining, self.settings.idleTimeout))
            guard let bytes = try await inbox.next(within: patience) else {
                guard EventLoop.shared.now < deadline else {
                    throw CopilotCLIFailure.tooLong(self.settings.turnTimeout)
                }
                throw CopilotCLIFailure.silent(after: self.settings.idleTimeout, hasAnswer: reader.hasAnswer)
            }
            if bytes.isEmpty { break }
            try await self.perform(reader.receive(bytes), channel)
        }
        let status = await process.stop()
        await listening.value
        try await self.perform(reader.end(status, errors: errors.last), channel)
    }

    @Net private func perform(_ actions: [CopilotCLITurn.Action], _ channel: ModelEventChannel) async throws {
        for action in actions {
            switch action {
            case .emit(let event): try await channel.send(event)
            case .end(let error?): throw error
            case .end(nil), .call, .ask: break
            }
        }
    }
}
