// Markup, token by token, however it is cut; and what prefixes mean where.
#include "winrmlb/winrm/xml_tokens.h"

#include <gtest/gtest.h>

#include "winrmlb/winrm/xml_scope.h"

namespace winrmlb::winrm {
namespace {

// The tokens in short: "<a b=[c] > text </a >", texts that follow each other joined.
std::string tokens_of(std::string_view text, std::size_t piece) {
  XmlTokens tokens;
  std::string out;
  bool was_text = false;
  while (!text.empty()) {
    const std::string part(text.substr(0, piece));  // gone before the next
    text.remove_prefix(part.size());
    tokens.feed(part);
    for (auto token = tokens.next(); token != XmlToken::More; token = tokens.next()) {
      const auto name = std::string(tokens.name());
      switch (token) {
        case XmlToken::Attribute:
          out += "(" + std::string(tokens.attribute()) + "=" + std::string(tokens.value()) +
                 (tokens.value_is_cut() ? "…" : "") + ")";
          break;
        case XmlToken::Open:
          out += "<" + name + ">";
          break;
        case XmlToken::OpenEmpty:
          out += "<" + name + "/>";
          break;
        case XmlToken::Close:
          out += "</" + name + ">";
          break;
        case XmlToken::Text:
          out += (was_text ? "" : "'") + std::string(tokens.text());
          break;
        case XmlToken::Bad:
          return out + "!";
        case XmlToken::More:
          break;
      }
      was_text = token == XmlToken::Text;
    }
  }
  return out;
}

void expect(std::string_view text, std::string_view tokens) {
  for (std::size_t piece = 1; piece <= text.size(); ++piece)
    EXPECT_EQ(tokens_of(text, piece), tokens) << text << " in pieces of " << piece;
}

TEST(XmlTokens, TagsAttributesAndText) {
  expect("<a/>", "<a/>");
  expect("<a></a>", "<a></a>");
  expect("<a >x y</a\n>", "<a>'x y</a>");
  expect("<p:a b='c' d = \"e\"\n/>", "(b=c)(d=e)<p:a/>");
  expect("<a b='\"/>' c=\"'>\"></a>", "(b=\"/>)(c='>)<a></a>");
  expect("<a b=''/>", "(b=)<a/>");
}

TEST(XmlTokens, CommentsAndInstructionsArePassedOver) {
  expect("<!----><a/>", "<a/>");
  expect("<!-- <b> -> -- > - --><a/>", "<a/>");
  expect("<!--x---><a/>", "<a/>");
  expect(
      "<?x?><?y <b> ? > ?"
      "?><a/>",
      "<a/>");
  expect("<a>b<!-- c -->d<?e?>f</a>", "<a>'bdf</a>");
}

TEST(XmlTokens, CdataIsText) {
  expect("<a><![CDATA[<b> &amp; ]] > ]>]]></a>", "<a>'<b> &amp; ]] > ]></a>");
  expect("<a><![CDATA[]]></a>", "<a></a>");
  expect("<a><![CDATA[x]]]></a>", "<a>'x]</a>");
  expect("<a><![CDATA[]]]]]></a>", "<a>']]]</a>");
  expect("<a>x<![CDATA[y]]>z</a>", "<a>'xyz</a>");
}

TEST(XmlTokens, ReferencesArePutIn) {
  expect("<a b='&lt;&amp;x&gt;&quot;&apos;'>&lt;&amp;x&gt;&quot;&apos;</a>", "(b=<&x>\"')<a>'<&x>\"'</a>");
  expect("<a>&#65;&#x42;&#x000043;&#228;&#x20aC;&#x10FFFF;</a>",
         "<a>'ABC\xC3\xA4\xE2\x82\xAC\xF4\x8F\xBF\xBF</a>");
  for (const auto reference :
       {"&;", "&#;", "&#x;", "&#0;", "&#x0;", "&#8;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#x110000;",
        "&#-1;", "&#12a;", "&#xG;", "&nbsp;", "&AMP;", "&amp&amp;", "&#X41;", "&a<b>;", "&000000000000;"}) {
    expect(std::string("<a b='") + reference + "'/>", "!");
    EXPECT_TRUE(tokens_of(std::string("<a>") + reference + "</a>", 1).ends_with("!")) << reference;
  }
}

TEST(XmlTokens, WhatIsNotWellFormedIsBad) {
  for (const auto text :
       {"<>",         "< a/>",        "<a",      "<a b/>",       "<a b=c/>",      "<a b='c'd='e'/>",
        "<a b='<'/>", "<a / >",       "<a //>",  "</>",          "</a b>",        "</a/>",
        "<!a>",       "<!DOCTYPE a>", "<!-a-->", "<![CDAT[x]]>", "<![cdata[x]]>", "<a =''/>",
        "<a 'b'/>",   "<a<b/>",       "<a b''/>"}) {
    const auto tokens = tokens_of(std::string(text) + " x='y'><z/>", 1);
    EXPECT_TRUE(tokens.find('!') != std::string::npos || text == std::string_view("<a"))
        << text << ": " << tokens;
    EXPECT_EQ(tokens.find("<z/>"), text == std::string_view("<a") ? tokens.size() - 4 : std::string::npos)
        << text;
  }
}

TEST(XmlTokens, LongValuesAreCutAndLongNamesAreBad) {
  const auto value = std::string(XmlTokens::kMostValue, 'v');
  expect("<a b='" + value + "'/>", "(b=" + value + ")<a/>");
  expect("<a b='" + value + "w' c='d'/>", "(b=" + value + "…)(c=d)<a/>");
  expect("<a b='" + value + "&amp;' c='d'/>", "(b=" + value + "…)(c=d)<a/>");
  const auto name = std::string(XmlTokens::kMostName, 'n');
  expect("<" + name + "/>", "<" + name + "/>");
  expect("<" + name + "n/>", "!");
  expect("<a></" + name + "n>", "<a>!");
}

TEST(XmlScope, DeclarationsHoldWithinTheirElementAndHideEachOther) {
  constexpr std::string_view kSoap = "http://www.w3.org/2003/05/soap-envelope";
  constexpr std::string_view kShell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
  XmlScope scope;
  EXPECT_EQ(scope.of(""), Namespace::Other);
  EXPECT_TRUE(scope.declare("xmlns", kSoap, 1));
  EXPECT_TRUE(scope.declare("xmlns:s", kSoap, 1));
  EXPECT_TRUE(scope.declare("xmlnsx", kShell, 1));
  EXPECT_TRUE(scope.declare("xml:lang", kShell, 1));
  EXPECT_EQ(scope.of(""), Namespace::Soap);
  EXPECT_EQ(scope.of("s"), Namespace::Soap);
  EXPECT_TRUE(scope.declare("xmlns:s", kShell, 2));
  EXPECT_TRUE(scope.declare("xmlns", "", 3));
  EXPECT_EQ(scope.of("s"), Namespace::Shell);
  EXPECT_EQ(scope.of(""), Namespace::Other);
  scope.leave(3);
  EXPECT_EQ(scope.of(""), Namespace::Soap);
  EXPECT_EQ(scope.of("s"), Namespace::Shell);
  scope.leave(2);
  EXPECT_EQ(scope.of("s"), Namespace::Soap);
  scope.leave(1);
  EXPECT_EQ(scope.of("s"), Namespace::Other);
}

TEST(XmlScope, PrefixesOfEveryLengthAreToldApart) {
  std::vector<std::uint64_t> keys;
  for (std::size_t size = 0; size <= 40; ++size) {
    for (const auto& name :
         {std::string(size, 'a'), std::string(size, 'a') + "b", "b" + std::string(size, 'a')}) {
      if (size != 0 || name != "b") keys.push_back(key_of(name));
    }
  }
  keys.push_back(key_of("b"));
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

}  // namespace
}  // namespace winrmlb::winrm
