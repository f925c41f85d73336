"""gamegen: quests, dialogue trees and character sheets for games."""
