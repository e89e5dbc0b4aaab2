#include "winrmlb/winrm/identify.h"

#include <gtest/gtest.h>
#include <pugixml.hpp>

namespace winrmlb::winrm {
namespace {

const std::string kAnswer =
    R"(<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>)"
    R"(<wsmid:IdentifyResponse xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">)"
    R"(<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>)"
    R"(<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>)"
    R"(<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>)"
    R"(</wsmid:IdentifyResponse></s:Body></s:Envelope>)";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

TEST(IdentifyRequest, IsOneWellFormedLineOf198Bytes) {
  EXPECT_EQ(kIdentifyBody.size(), 198U);
  pugi::xml_document document;
  ASSERT_TRUE(document.load_buffer(kIdentifyBody.data(), kIdentifyBody.size()));
  EXPECT_TRUE(document.select_node("/s:Envelope/s:Body/wsmid:Identify"));
  EXPECT_STREQ(document.child("s:Envelope").attribute("xmlns:wsmid").value(),
               "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd");
}

TEST(IdentifyResponse, OfWindowsIsRecognised) {
  EXPECT_TRUE(is_identify_response(kAnswer));
  EXPECT_EQ(identify_vendor(kAnswer), "Microsoft Corporation");
  EXPECT_EQ(identify_version(kAnswer), "OS: 0.0.0 SP: 0.0 Stack: 3.0");
}

TEST(IdentifyResponse, PrefixesAttributesAndBlanksDoNotMatter) {
  EXPECT_EQ(identify_vendor(replaced(kAnswer, "wsmid", "x")), "Microsoft Corporation");
  EXPECT_EQ(identify_vendor(replaced(replaced(kAnswer, "xmlns:wsmid=", "xmlns="), "wsmid:", "")),
            "Microsoft Corporation");
  EXPECT_EQ(
      identify_vendor(replaced(kAnswer, "<wsmid:ProductVendor>", "<wsmid:ProductVendor\n a='b' >\r\n ")),
      "Microsoft Corporation");
  EXPECT_TRUE(is_identify_response("\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- <x> -->" + kAnswer));
}

TEST(IdentifyResponse, OtherAnswersAreNot) {
  EXPECT_FALSE(is_identify_response(""));
  EXPECT_FALSE(is_identify_response(kIdentifyBody));
  EXPECT_FALSE(is_identify_response("<html><body>IdentifyResponse ProductVendor</body></html>"));
  EXPECT_FALSE(is_identify_response(replaced(kAnswer, "Microsoft Corporation", " \n")));
  EXPECT_FALSE(is_identify_response(replaced(kAnswer, "IdentifyResponse", "Fault")));
  EXPECT_FALSE(is_identify_response(replaced(kAnswer, "wsmanidentity.xsd", "other.xsd")));
  EXPECT_FALSE(is_identify_response(replaced(kAnswer, "ProductVendor", "ProductVendors")));
}

TEST(IdentifyResponse, OfAnotherNamespaceIsNone) {
  EXPECT_FALSE(is_identify_response(
      replaced(kAnswer, "<wsmid:ProductVendor>", "<wsmid:ProductVendor xmlns:wsmid='x'>")));
  EXPECT_FALSE(is_identify_response(replaced(kAnswer, "wsmid:", "s:")));
}

TEST(IdentifyResponse, WhatIsCommentedOutDoesNotCount) {
  auto hidden = replaced(kAnswer, "<wsmid:ProductVendor>", "<!-- <a> <wsmid:ProductVendor>");
  hidden = replaced(hidden, "</wsmid:ProductVendor>", "</wsmid:ProductVendor>-->");
  EXPECT_FALSE(is_identify_response(hidden));
  EXPECT_FALSE(is_identify_response(replaced(replaced(hidden, "<!--", "<![CDATA["), "-->", "]]>")));
}

TEST(IdentifyResponse, CutAnywhereItIsRecognisedOnceTheVendorIsWhole) {
  const auto vendor_end = kAnswer.find("</wsmid:ProductVendor>");
  for (std::size_t length = 0; length <= kAnswer.size(); ++length) {
    EXPECT_EQ(is_identify_response(std::string(kAnswer, 0, length)), length > vendor_end) << length;
  }
}

TEST(IdentifyResponse, IsLookedForInTheFirst16KiBOnly) {
  const auto padded = [](std::size_t before_vendor_end) {
    const auto vendor_end = kAnswer.find("</wsmid:ProductVendor>");
    return std::string(before_vendor_end - vendor_end, ' ') + kAnswer;
  };
  EXPECT_TRUE(is_identify_response(padded(16 * 1024 - 1)));
  EXPECT_FALSE(is_identify_response(padded(16 * 1024)));
}

}  // namespace
}  // namespace winrmlb::winrm
