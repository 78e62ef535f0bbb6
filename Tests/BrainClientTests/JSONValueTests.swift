import StrictJSON
import Testing

@Suite struct JSONValueTests {
    @Test func literalsBecomeTextInTheirOrder() {
        let value: JSONValue = ["b": [1, 2.5, "x\n"], "a": nil, "c": true, "d": [:]]
        #expect(value.description == #"{"b":[1,2.5,"x\n"],"a":null,"c":true,"d":{}}"#)
    }

    @Test func integersStayExact() throws {
        let value = JSONValue(try JSONText(parsing: "[9007199254740993, 5.0, 0.5, 1e300]"))
        #expect(value == [9_007_199_254_740_993, 5, 0.5, 1e300])
        #expect(value[1]?.intValue == 5 && value[2]?.intValue == nil && value[0]?.doubleValue == 9_007_199_254_740_992)
    }

    @Test func equalityIsThatOfJSON() throws {
        let left: JSONValue = ["a": 1, "b": [5.0]]
        let right: JSONValue = ["b": [5], "a": 1]
        #expect(left == right && left.hashValue == right.hashValue)
        #expect(JSONValue.string("e\u{301}") != .string("\u{e9}"))
        let values: [JSONValue] = [nil, false, 0, "", [], [:], [1, 2], [2, 1]]
        #expect(Set(values).count == values.count)
    }

    @Test func goesThereAndBack() throws {
        let text = try JSONText(parsing: #"{"z": [1, {"y": "\u00e9\ud83d\ude00"}], "a": [null, true, -0.25]}"#)
        #expect(JSONValue(text).text == text)
        #expect(JSONValue(text)["z"]?[1]?["y"]?.stringValue == "é😀")
        #expect(JSONValue(text)["nothing"] == nil && JSONValue(text)["a"]?[9] == nil)
    }

    @Test func aRepeatedMemberIsWrittenOnce() {
        #expect(JSONValue.object([.init("a", 1), .init("a", 2)]).description == #"{"a":1}"#)
    }
}
