/// The chart of a report: what was used a day, one bar each.
package enum ReportPicture {
    private static let (width, height) = (860.0, 320.0)
    private static let (left, right, top, bottom) = (74.0, 16.0, 46.0, 40.0)

    /// - Parameters:
    ///   - days: In order, with the days without usage.
    ///   - currency: That of the costs.
    package static func svg(_ title: String, days: [(date: String, sums: UsageSums)], currency: String) -> String {
        // Without any price, tokens are what can be compared.
        let isPriced = days.contains { ($0.sums.estimate ?? 0) > 0 }
        let values = days.map { day in
            isPriced ? day.sums.estimate ?? 0 : Double(day.sums.tokens.input + day.sums.tokens.output)
        }
        let most = Self.ceiling(values.max() ?? 0)
        let word = { (value: Double) in isPriced ? Money.words(value, currency) : Self.count(value) }
        let plot = (width: Self.width - Self.left - Self.right, height: Self.height - Self.top - Self.bottom)
        let base = Self.top + plot.height
        var parts = [
            Self.text(title, x: 16, y: 26, size: 16, anchor: "start", colour: "#1f2328"),
            Self.text(
                isPriced ? "estimated cost a day" : "tokens a day", x: Self.width - 16, y: 26, size: 13, anchor: "end"),
        ]
        for line in 0...2 {
            let y = base - plot.height * Double(line) / 2
            parts.append(
                "<path d=\"M\(Self.left) \(y)H\(Self.width - Self.right)\" stroke=\"#d0d7de\" fill=\"none\"/>")
            parts.append(
                Self.text(word(most * Double(line) / 2), x: Self.left - 8, y: y + 4, size: 12, anchor: "end"))
        }
        let step = plot.width / Double(max(1, days.count))
        let every = max(1, (days.count + 7) / 8)
        for (index, (day, value)) in zip(days, values).enumerated() {
            let (x, size) = (Self.left + step * Double(index), most > 0 ? plot.height * value / most : 0)
            let thickness = min(60, step * 0.7)
            parts.append(
                "<rect x=\"\(x + (step - thickness) / 2)\" y=\"\(base - size)\" width=\"\(thickness)\" "
                    + "height=\"\(size)\" fill=\"#2f6feb\"/>")
            guard index % every == 0 else { continue }
            parts.append(
                Self.text(String(day.date.dropFirst(5)), x: x + step / 2, y: base + 20, size: 12, anchor: "middle"))
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.width)\" height=\"\(Self.height)\" "
            + "font-family=\"sans-serif\"><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
            + parts.joined() + "</svg>\n"
    }

    /// The next round number, so that the axis can be read.
    static func ceiling(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var unit = 0.0001
        while unit * 10 < value { unit *= 10 }
        return [1, 2, 5, 10].map { $0 * unit }.first { $0 >= value } ?? value
    }

    private static func count(_ value: Double) -> String {
        switch value {
        case 1_000_000...: "\((value / 100_000).rounded() / 10)M"
        case 1_000...: "\((value / 100).rounded() / 10)k"
        default: "\(Int(value))"
        }
    }

    private static func text(
        _ text: String, x: Double, y: Double, size: Int, anchor: String, colour: String = "#59636e"
    ) -> String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        return "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" text-anchor=\"\(anchor)\" fill=\"\(colour)\">"
            + "\(escaped)</text>"
    }
}
