extension ModelAnswer {
    /// Ends the answer before the first stop sequence in its text.
    mutating func stop(at sequences: [String]) {
        guard !sequences.isEmpty else { return }
        for (index, piece) in self.pieces.enumerated() {
            guard case .text(let text) = piece else { continue }
            var stops = StopSequences(sequences)
            let beginning = stops.feed(text)
            guard let found = stops.found else { continue }
            self.pieces[index...] = beginning.isEmpty ? [] : [.text(beginning)]
            self.finish = .stopSequence(found)
            return
        }
    }
}
